"""The dashboard page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from documents import access
from evaluation.dashboards.overview import finding, overview
from ragapp.accounts.models import Role, User
from ragapp.lib.numbers import whole_number

PERIODS = (7, 30, 90)


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Reviewers and admins see totals; the lists below them hold only what the viewer may read."""
    user = request.user
    assert isinstance(user, User)
    if not user.has_role(Role.REVIEWER, Role.ADMIN):
        raise Http404
    days = whole_number(request.GET.get("days", ""))
    days = days if days in PERIODS else 30
    collections = access.collections_for(user)
    chosen = collections.filter(pk=whole_number(request.GET.get("collection", "")) or 0).first()
    figures = overview(user, now=timezone.now(), days=days, collection_id=chosen.pk if chosen else None)
    context = {
        "figures": figures,
        "finding": finding(figures),
        "days": days,
        "periods": PERIODS,
        "collections": collections,
        "chosen": chosen,
        "charts": {
            "days": [day.isoformat() for day in figures.days],
            "questions": list(figures.questions_by_day),
            "satisfaction": [None if s is None else round(s * 100, 1) for s in figures.satisfaction_by_day],
            "endings": dict(figures.endings),
            "stages": [latency.stage for latency in figures.latency],
            "p50": [round(latency.p50_ms, 1) for latency in figures.latency],
            "p95": [round(latency.p95_ms, 1) for latency in figures.latency],
        },
    }
    return render(request, "evaluation/dashboard.html", context)
