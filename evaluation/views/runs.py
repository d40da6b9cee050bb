"""Runs: started, watched, paused, looked into, compared case by case."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluation import compare as comparing
from evaluation import review, runs, tasks
from evaluation.datasets import store
from evaluation.datasets.folder import DatasetError
from evaluation.metrics import figures
from evaluation.metrics.catalogue import ALSO_CALLED, METRICS, WITHOUT_RIGHT
from evaluation.models import Case, CaseResult, EvaluationRun
from evaluation.run_forms import RunForm
from evaluation.views.requests import looking
from ragapp.accounts.models import User

SHOWN, A_PAGE = 50, 50
USUAL_METRIC = "gold_shown"


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The latest runs, and the form for another one. The table asks again by itself while something runs."""
    looking(request)
    rows = list(_rows()[:SHOWN])
    context = {"runs": rows, "is_busy": any(run.is_open for run in rows)}
    if getattr(request, "htmx", False):
        return render(request, "evaluation/_runs_table.html", context)
    initial = {name: request.GET.get(name) for name in ("dataset", "release") if request.GET.get(name)}
    return render(request, "evaluation/runs.html", {**context, "form": RunForm(initial=initial)})


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponseBase:
    """Another run, in the background."""
    user = looking(request)
    form = RunForm(request.POST)
    if form.is_valid():
        version = store.latest(form.cleaned_data["dataset"])
        assert version is not None  # the form lists only datasets with versions
        try:
            run = runs.start(
                version,
                form.cleaned_data["release"],
                by=user,
                repeats=form.cleaned_data["repeats"],
                is_judged=form.cleaned_data["is_judged"],
            )
        except DatasetError as error:
            form.add_error(None, str(error))
        else:
            tasks.run_evaluation.delay_on_commit(run.pk)
            return redirect("evaluation:run", run.pk)
    context = {"runs": _rows()[:SHOWN], "form": form}
    return render(request, "evaluation/runs.html", context, status=422)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures of a run, one metric by category, and its cases with that metric, the worst first."""
    user = looking(request)
    run = get_object_or_404(_rows(), pk=pk)
    name = _metric(request, run)
    context: dict[str, Any] = {"run": run}
    if getattr(request, "htmx", False):
        return render(request, "evaluation/_run_state.html", context)
    results = _seen(run.results.filter(is_permitted=name not in WITHOUT_RIGHT), user)
    measured = [row for row in results if name in row.measures or row.status in figures.FAILED]
    measured.sort(key=lambda row: _badness(row, name))
    others = _rows().filter(version__dataset=run.version.dataset, state=EvaluationRun.State.DONE).exclude(pk=pk)
    context |= {
        "figures": _figures(run),
        "metric": METRICS[name],
        "metrics": [row["metric"] for row in _figures(run)],
        "categories": figures.by_category(runs.values(run.results.select_related("case")), name),
        "page": Paginator(measured, A_PAGE).get_page(request.GET.get("page")),
        "others": others[:SHOWN],
        "value_of": name,
    }
    return render(request, "evaluation/run.html", context)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponseBase:
    """Pause, resume or cancel."""
    looking(request)
    run = get_object_or_404(EvaluationRun, pk=pk)
    if not _ACTIONS[action](run):
        messages.error(request, _("The run has moved on meanwhile; nothing was changed."))
    elif action == "resume":
        tasks.run_evaluation.delay_on_commit(run.pk)
    return redirect("evaluation:run", pk)


_ACTIONS: dict[str, Callable[[EvaluationRun], bool]] = {
    "pause": runs.pause,
    "resume": runs.resume,
    "cancel": runs.cancel,
}


@login_required
@require_safe
def compare(request: HttpRequest, before: int, after: int) -> HttpResponse:
    """One metric in two runs: overall, by category, and case by case with the worst regressions first."""
    user = looking(request)
    first, second = get_object_or_404(_rows(), pk=before), get_object_or_404(_rows(), pk=after)
    name = _metric(request, second)
    found = comparing.compare(first, second, name)
    page = Paginator(found.pairs, A_PAGE).get_page(request.GET.get("page"))
    _mark([result for pair in page for result in (pair.result_before, pair.result_after)], user)
    context = {
        "before": first,
        "after": second,
        "found": found,
        "page": page,
        "metric": found.metric,
        "metrics": comparing.COMPARED,
    }
    return render(request, "evaluation/compare.html", context)


def _rows() -> QuerySet[EvaluationRun]:
    return EvaluationRun.objects.select_related("version__dataset", "release", "requested_by")


def _metric(request: HttpRequest, run: EvaluationRun) -> str:
    """What `?metric=` asks for; without it the first that applies. 404 for a name that is none."""
    usual = (USUAL_METRIC, "ndcg@10", "groundedness", "refusal_recall")
    applies = next((name for name in usual if run.metrics.get(name)), USUAL_METRIC)
    name = request.GET.get("metric", applies)
    if name not in METRICS:
        raise Http404
    return name


def _figures(run: EvaluationRun) -> list[dict[str, Any]]:
    """Each metric that applies, with a figure or a count."""
    asked = {"failed": run.done, "leaks": run.metrics.get("asked_without_right")}
    return [
        {
            "metric": metric,
            "figure": figure if isinstance(figure, dict) else None,
            "count": figure,
            "asked": asked.get(metric.name),
        }
        for metric in METRICS.values()
        if metric.name not in ALSO_CALLED and (figure := run.metrics.get(metric.name)) is not None
    ]


def _badness(row: CaseResult, name: str) -> tuple[float, int]:
    value = row.measures.get(name)
    if value is None:
        return (float("-inf"), row.case.ordinal)
    return (value if METRICS[name].is_higher_better else -value, row.case.ordinal)


def _seen(results: QuerySet[CaseResult], viewer: User) -> list[CaseResult]:
    rows = list(results.select_related("case"))
    _mark(rows, viewer)
    return rows


def _mark(rows: list[CaseResult], viewer: User) -> None:
    """Which questions, and which answers with their traces, the viewer may see; whole numbers of queries, not rows."""
    cases = Case.objects.filter(pk__in={row.case_id for row in rows})
    questions = set(store.cases_for(viewer, cases).values_list("pk", flat=True))
    answers = set(
        review.answers_for(viewer)
        .filter(pk__in=[row.answer_id for row in rows if row.answer_id])
        .values_list("pk", flat=True)
    )
    for row in rows:
        row.may_see = row.case_id in questions  # type: ignore[attr-defined]
        row.may_trace = row.may_see and row.answer_id in answers  # type: ignore[attr-defined]
