"""The overview of the dashboards."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluation.dashboards import overview, period
from evaluation.dashboards.parts import Chart
from evaluation.dashboards.period import Filters
from evaluation.views.seen_by import reviewers_and_admins
from ragapp.accounts.models import User

NARROWS = frozenset({"days", "collection"})


@login_required
@require_safe
@reviewers_and_admins
def dashboard(request: HttpRequest) -> HttpResponse:
    """Reviewers and admins see totals; the lists below them hold only what the viewer may read."""
    user = request.user
    assert isinstance(user, User)
    filters, figures = _read(request, user)
    made = overview.charts(figures)
    context = {
        "figures": figures,
        "finding": overview.finding(figures),
        "filters": filters,
        "narrows": NARROWS,
        "name": "overview",
        "tab": "overview",
        "made": made,
        "charts": [chart.drawn for chart in made if not chart.is_empty],
    }
    return render(request, "evaluation/dashboard.html", context)


def charts_of(request: HttpRequest, viewer: User) -> list[Chart]:
    """The charts of the overview as it was asked for."""
    return overview.charts(_read(request, viewer)[1])


def _read(request: HttpRequest, viewer: User) -> tuple[Filters, overview.Overview]:
    """Of the address the last days and the collection count."""
    wanted = {name: request.GET[name] for name in NARROWS if name in request.GET}
    filters = period.read(wanted, viewer=viewer)
    figures = overview.overview(
        viewer, now=timezone.now(), days=filters.narrowed.days, collection_id=filters.narrowed.collection_id
    )
    return filters, figures
