"""The dashboards: one page for each subject, its charts as CSV, and the answers behind a number."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from evaluation.dashboards import (
    adoption,
    controls,
    cost,
    drifting,
    freshness,
    period,
    quality,
    retrieval,
    rows,
    safety,
    speed,
    value,
)
from evaluation.dashboards.parts import Board, Chart
from evaluation.dashboards.period import Filters
from evaluation.models import Objective
from evaluation.rollups.reading import sums
from evaluation.value_forms import ObjectiveForm, StatedForm
from evaluation.views import dashboard
from evaluation.views.seen_by import reviewers_and_admins
from ragapp.accounts.models import Role, User
from ragapp.audit import log as audit
from ragapp.lib.numbers import whole_number

PER_PAGE = 50
EVERY = frozenset({"days", "release", "model", "collection", "group"})
# Bytes that programs for tables would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`make` takes the filters and who looks."""

    title: Promise
    make: Callable[[Filters, User], Board]
    # The filters that count on it; the others are not offered.
    narrows: frozenset[str] = EVERY


PAGES: Mapping[str, Page] = {
    "quality": Page(title=gettext_lazy("Quality"), make=lambda filters, viewer: quality.board(filters)),
    "retrieval": Page(title=gettext_lazy("Retrieval"), make=lambda filters, viewer: retrieval.board(filters)),
    "safety": Page(title=gettext_lazy("Safety"), make=lambda filters, viewer: safety.board(filters)),
    "cost": Page(title=gettext_lazy("Cost"), make=cost.board),
    "speed": Page(title=gettext_lazy("Speed"), make=lambda filters, viewer: speed.board(filters)),
    "adoption": Page(
        title=gettext_lazy("Adoption"),
        make=lambda filters, viewer: adoption.board(filters),
        narrows=frozenset({"days", "release", "group"}),
    ),
    "value": Page(title=gettext_lazy("Value"), make=lambda filters, viewer: value.board(filters)),
    "drift": Page(
        title=gettext_lazy("Drift"),
        make=lambda filters, viewer: drifting.board(filters),
        narrows=frozenset({"days"}),
    ),
    "freshness": Page(title=gettext_lazy("Freshness"), make=freshness.board, narrows=frozenset({"collection"})),
}


@reviewers_and_admins
@require_safe
def board(request: HttpRequest, name: str) -> HttpResponse:
    """One dashboard, narrowed by what stands in the address."""
    page, viewer = PAGES.get(name), request.user
    assert isinstance(viewer, User)
    if page is None:
        raise Http404
    filters = period.read(request.GET.dict(), viewer=viewer)
    made = page.make(filters, viewer)
    context = {
        "board": made,
        "title": page.title,
        "name": name,
        "tab": name,
        "filters": filters,
        "narrows": page.narrows,
        "simulated": _simulated(filters),
        "charts": [chart.drawn for chart in made.charts if not chart.is_empty],
        "is_admin": viewer.has_role(Role.ADMIN),
    }
    if name == "value":
        context |= {
            "objectives": value.objectives(filters),
            "stated": StatedForm(instance=cost.stated()),
            "objective": ObjectiveForm(),
        }
    return render(request, "evaluation/board.html", context)


@reviewers_and_admins
@require_safe
def board_csv(request: HttpRequest, name: str, chart: str) -> HttpResponse:
    """The table behind one chart."""
    viewer = request.user
    assert isinstance(viewer, User)
    found = next((one for one in _charts(request, name, viewer) if one.name == chart), None)
    if found is None:
        raise Http404
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{found.name}.csv"'
    writer = csv.writer(response)
    unit = f" ({found.unit})" if found.unit else ""
    writer.writerow([found.axis, *(f"{head}{unit}" for head in found.columns)])
    for label, row in zip(found.labels, found.rows, strict=True):
        writer.writerow([f"'{label}" if label.startswith(FORMULA) else label, *row])
    return response


def _charts(request: HttpRequest, name: str, viewer: User) -> Sequence[Chart]:
    """Those of a page; none of a page that is not there."""
    if name == "overview":
        return dashboard.charts_of(request, viewer)
    page = PAGES.get(name)
    return page.make(period.read(request.GET.dict(), viewer=viewer), viewer).charts if page else ()


@reviewers_and_admins
@require_safe
def behind(request: HttpRequest) -> HttpResponse:
    """The answers behind a number, newest first; those from sources that the viewer may not read are not among them."""
    viewer, what = request.user, request.GET.get("what", "answers")
    assert isinstance(viewer, User)
    if what not in rows.WHAT:
        raise Http404
    filters = period.read(request.GET.dict(), viewer=viewer)
    number = min(whole_number(request.GET.get("page", "")) or 1, 200)
    found = list(rows.behind(filters.narrowed, what, viewer=viewer)[(number - 1) * PER_PAGE : number * PER_PAGE + 1])
    context = {
        "answers": found[:PER_PAGE],
        "number": number,
        "has_more": len(found) > PER_PAGE,
        "what": what,
        "in_all": rows.in_all(filters.narrowed, what),
        "narrows": EVERY,
        "kinds": [(key, label) for key, (label, _q) in rows.WHAT.items()],
        "filters": filters,
        "simulated": _simulated(filters),
        "is_reviewer": viewer.has_role(Role.REVIEWER),
        "tab": "behind",
    }
    return render(request, "evaluation/behind.html", context)


@reviewers_and_admins
@require_safe
def control_register(request: HttpRequest) -> HttpResponse:
    """Each control with the test that proves it."""
    return render(request, "evaluation/controls.html", {"areas": controls.by_area(), "tab": "controls"})


@reviewers_and_admins
def state(request: HttpRequest) -> HttpResponse:
    """Admins state assumptions or set targets; the page with what is wrong otherwise."""
    by = request.user
    assert isinstance(by, User)
    if request.method != "POST" or not by.has_role(Role.ADMIN):
        raise Http404
    if "figure" in request.POST:
        known = Objective.objects.filter(figure=request.POST["figure"]).first()
        if known is not None and "remove" in request.POST:
            audit.record("objective_removed", by=by, target=known)
            known.delete()
            return redirect("evaluation:board", "value")
        form: ObjectiveForm | StatedForm = ObjectiveForm(request.POST, instance=known)
    else:
        form = StatedForm(request.POST)
    if not form.is_valid():
        wrong = next(iter(form.errors.values()))[0]
        messages.error(request, _("Nothing was saved: %(reason)s") % {"reason": wrong})
        return redirect("evaluation:board", "value")
    row = form.save(commit=False)
    if isinstance(row, Objective):
        row.set_by = by
    else:
        row.stated_by = by
    row.save()
    audit.record("objective_set" if isinstance(row, Objective) else "assumptions_stated", by=by, target=row)
    messages.success(request, _("Saved."))
    return redirect("evaluation:board", "value")


def _simulated(filters: Filters) -> int:
    """How many answers of the period nobody asked for."""
    if not filters.simulated:
        return 0
    return sum(row["answers"] for row in sums(filters.narrowed, "release_id") if row.key[0] in filters.simulated)
