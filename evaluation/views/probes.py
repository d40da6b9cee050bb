"""The daily test of the models: its history, one day with replies before and after, and what to do about a change."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chat import releases
from chat.releases import compose
from evaluation import retiring, runs, tasks
from evaluation.datasets import store
from evaluation.datasets.folder import DatasetError
from evaluation.models import Dataset, EvaluationRun, ModelProbe, ProbeQuestion
from evaluation.probing import asking, candidates, deciding, looking, questions
from evaluation.views.requests import changing
from evaluation.views.requests import looking as who_looks
from evaluation.views.seen_by import reviewers_and_admins
from ragapp.accounts.models import Role, User

DAYS_SHOWN = 30


@reviewers_and_admins
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Each model that is tested, with its last days."""
    histories: dict[tuple[str, str], list[ModelProbe]] = {}
    for row in ModelProbe.objects.defer("replies").order_by("-day")[:1000]:
        histories.setdefault((row.deployment, row.stamp), []).append(row)
    now = {(one.name, asking.stamp(one)): one for one in asking.targets()}
    untried: dict[tuple[str, str], list[ModelProbe]] = {key: [] for key in now}
    models = [
        {
            "name": name,
            "is_used": (name, stamp) in now,
            "last": rows[0] if rows else None,
            "rows": [_row(one) for one in rows[:DAYS_SHOWN]],
        }
        for (name, stamp), rows in (untried | histories).items()
    ]
    context = {
        "models": sorted(models, key=lambda one: (not one["is_used"], one["name"])),
        "signals": list(looking.LABELS.values()),
        "is_on": settings.PROBE_MODELS,
        "hour": settings.PROBE_HOUR,
        "n_questions": len(questions.SHIPPED),
        "n_own": ProbeQuestion.objects.filter(is_active=True).count(),
        "days_min": deciding.DAYS_MIN,
        "departures": retiring.departures(timezone.localdate()),
        "may_change": isinstance(request.user, User) and request.user.has_role(Role.ADMIN),
        "tab": "models",
    }
    return render(request, "evaluation/probes.html", context)


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponseBase:
    """Asks one model now."""
    user = changing(request)
    wanted = request.POST.get("deployment", "")
    target = next((one for one in asking.targets() if one.name == wanted), None)
    if target is None:
        raise Http404
    row = asking.start(target, timezone.localdate(), by=user)
    tasks.probe_model.delay_on_commit(row.pk)
    messages.success(request, _("The questions are asked in the background; this takes a minute or two."))
    return redirect("evaluation:probe", row.pk)


@reviewers_and_admins
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One day of one model."""
    row = get_object_or_404(ModelProbe.objects.select_related("accepted_by"), pk=pk)
    past = list(looking.before(row)[: deciding.DAYS_MAX])
    production = releases.production()
    context = {
        "probe": row,
        "figures": _figures(row),
        "names": row.findings.get("names", []),
        "new_fingerprints": looking.new_fingerprints(row, past) if past else [],
        "examples": looking.examples(row) if row.state == ModelProbe.State.DONE else [],
        "days_before": len(past),
        "days_min": deciding.DAYS_MIN,
        "comparisons": candidates.comparisons(row, production),
        "datasets": Dataset.objects.filter(versions__isnull=False).distinct().order_by("name"),
        "deployments": candidates.deployments(),
        "production": production,
        "may_change": isinstance(request.user, User) and request.user.has_role(Role.ADMIN),
        "tab": "models",
    }
    return render(request, "evaluation/probe.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Later days are compared with this one."""
    user = changing(request)
    row = get_object_or_404(ModelProbe, pk=pk, state=ModelProbe.State.DONE)
    looking.accept(row, by=user)
    messages.success(request, _("Later days are compared with this one."))
    return redirect("evaluation:probe", pk)


@login_required
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A draft like production that answers with the chosen model."""
    user = changing(request)
    row = get_object_or_404(ModelProbe, pk=pk)
    wanted = request.POST.get("deployment", "")
    if wanted not in candidates.deployments():
        raise Http404
    try:
        made = candidates.release_with(wanted, by=user, note=_("Test of %(model)s") % {"model": row})
    except compose.NotComposed as error:
        messages.error(request, str(error))
        return redirect("evaluation:probe", pk)
    messages.success(request, _("This release is a draft: run it on a dataset, then let it out as a canary."))
    return redirect("evaluation:release", made.pk)


@login_required
@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Asks a dataset of production again, to be compared with the run before the change."""
    user = who_looks(request)
    row = get_object_or_404(ModelProbe, pk=pk)
    wanted = request.POST.get("dataset", "")
    dataset = get_object_or_404(Dataset, pk=int(wanted) if wanted.isdecimal() else 0)
    version = store.latest(dataset)
    if version is None:
        raise Http404
    try:
        run: EvaluationRun = runs.start(version, releases.production(), by=user)
    except DatasetError as error:
        messages.error(request, str(error))
        return redirect("evaluation:probe", row.pk)
    tasks.run_evaluation.delay_on_commit(run.pk)
    messages.success(request, _("When it has finished, the page of the test has the comparison."))
    return redirect("evaluation:run", run.pk)


def _row(row: ModelProbe) -> dict[str, Any]:
    return {"probe": row, "figures": _figures(row), "names": row.findings.get("names", [])}


def _figures(row: ModelProbe) -> list[dict[str, Any]]:
    """One for each signal, in order; None where nothing was found."""
    return [_figure(name, row.findings.get(name)) for name in looking.LABELS]


def _figure(name: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    figure: dict[str, Any] = {"label": looking.LABELS[name], "found": found}
    if found is not None:
        scale, digits = {"refusals": (100, 0), "latency": (0.001, 1), "length": (1, 0)}.get(name, (1, 2))
        unit = {"refusals": " %", "latency": " s"}.get(name, "")
        figure |= {
            "now": f"{found['now'] * scale:.{digits}f}{unit}",
            "before": f"{found['before'] * scale:.{digits}f}{unit}",
        }
    return figure
