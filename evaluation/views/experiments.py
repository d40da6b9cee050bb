"""A/B tests: listed, planned, begun, read at any time, ended."""

import math
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import releases
from chat.models import Experiment
from documents import access
from evaluation import experiments, gates, rollout, segments
from evaluation.experiment_forms import ExperimentForm
from evaluation.views.requests import changing, looking
from ragapp.accounts.models import Role, User
from ragapp.audit import log as audit


@login_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first."""
    user = looking(request)
    found = Experiment.objects.select_related("control", "treatment", "created_by")
    context = {"experiments": found, "may_change": user.has_role(Role.ADMIN)}
    return render(request, "evaluation/experiments.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Plans one; how many people it needs is worked out from production's last 30 days."""
    user = changing(request)
    production = releases.production()
    form = ExperimentForm(request.POST or None, production=production)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        found = experiments.base(values["primary"], production, now=timezone.now())
        planned = experiments.needed(values["primary"], values["least_effect"], found)
        made = Experiment.objects.create(**values, control=production, planned_people=planned, created_by=user)
        audit.record("experiment_planned", by=user, target=made, planned_people=planned)
        return redirect("evaluation:experiment", made.pk)
    context = {"form": form, "production": production}
    return render(request, "evaluation/experiment_form.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def shown(request: HttpRequest, pk: int) -> HttpResponse:
    """One experiment: its plan before it begins, its reading from then on."""
    user = looking(request)
    experiment = get_object_or_404(Experiment.objects.select_related("control", "treatment", "created_by"), pk=pk)
    context: dict[str, Any] = {"experiment": experiment, "may_change": user.has_role(Role.ADMIN)}
    if experiment.state == Experiment.State.DRAFT:
        found = experiments.base(experiment.primary, experiment.control, now=timezone.now())
        a_day = found.people / 30 * experiment.share_percent / 100
        context |= {
            "base": None if math.isnan(found.mean) else found,
            "days": math.ceil(experiment.planned_people / a_day) if a_day else None,
            "gate": gates.verdict(experiment.treatment, "candidate"),
        }
    else:
        reading = experiments.read(experiment, now=timezone.now())
        rows = [("", reading.primary), *(("", guard) for guard in reading.guards)]
        context |= {
            "reading": reading,
            "rows": [_row(label, figure) for label, figure in rows],
            "segments": _segments(reading, viewer=user),
            "n_segments": len(reading.segments),
        }
    context["is_share"] = experiment.primary in experiments.SHARES
    context["least_effect"] = experiment.least_effect * (100 if context["is_share"] else 1)
    return render(request, "evaluation/experiment.html", context)


@login_required
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponseBase:
    """Begins it, or ends it."""
    user = changing(request)
    experiment = get_object_or_404(Experiment, pk=pk)
    try:
        if action == "start":
            experiments.start(experiment, by=user, override=request.POST.get("override", ""))
        else:
            experiments.end(experiment, by=user)
    except (experiments.NotStarted, rollout.Refused) as error:
        messages.error(request, str(error))
    return redirect("evaluation:experiment", pk)


def _segments(reading: experiments.Reading, *, viewer: User) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows by kind; names of collections are for those who may read them."""
    names = dict(access.collections_for(viewer).values_list("pk", "name"))
    groups = dict(Group.objects.values_list("pk", "name"))
    found: dict[str, list[dict[str, Any]]] = {}
    for segment, figure in reading.segments:
        label = segments.label(
            segment, groups=groups, collection=lambda pk: names.get(pk, _("a collection you may not read"))
        )
        found.setdefault(str(segments.KINDS[segment.kind]), []).append(_row(label, figure))
    return list(found.items())


def _row(segment: str, figure: experiments.Figure) -> dict[str, Any]:
    """With the interval drawn around no difference, in a drawing 100 wide."""
    found = figure.difference
    scale = 100 if figure.is_share else 1
    row: dict[str, Any] = {
        "segment": segment,
        "figure": figure,
        "unit": "%" if figure.is_share else "",
        "digits": "1" if figure.is_share else "-3",
        "control": None if math.isnan(found.control) else found.control * scale,
        "treatment": None if math.isnan(found.treatment) else found.treatment * scale,
    }
    if found.is_known:
        low, high = (max(found.low, -1.0), min(found.high, 1.0)) if figure.is_share else (found.low, found.high)
        reach = max(abs(low), abs(high)) or 1.0
        row |= {
            "low": low * scale,
            "high": high * scale,
            "estimate": found.estimate * scale,
            "x": f"{50 + 48 * low / reach:.2f}",
            "width": f"{max(0.6, 48 * (high - low) / reach):.2f}",
        }
    return row
