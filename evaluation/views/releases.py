"""Releases: which one answers, how they differ, composing one, and moving the pointer."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import releases
from chat.models import PromptVersion, Release, Rollout, RolloutMove
from chat.releases import compose, moves
from evaluation import canaries, gates, rollout, shadowing
from evaluation.brakes import LABELS, PULLED
from evaluation.models import Canary, GateStage, Shadow
from evaluation.release_forms import PlanForm, ReleaseForm
from evaluation.views.requests import changing, looking
from ragapp.accounts.models import Role, User
from ragapp.lib.numbers import whole_number
from ragapp.llm import deployments

SHOWN = 100


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What answers now, every release with its state, and the latest moves."""
    user = looking(request)
    releases.ensure_shipped()
    pointer = Rollout.objects.select_related("production", "candidate").get(pk=1)
    found = list(Release.objects.select_related("created_by", "cloned_from").order_by("-pk")[:SHOWN])
    states = moves.states(found)
    context = {
        "pointer": pointer,
        "before": moves.before_this(pointer.production),
        "canary": canaries.running(),
        "rows": [{"release": release, "state": states[release.pk]} for release in found],
        "moves": RolloutMove.objects.select_related("production", "production_before", "candidate", "candidate_before",
                                                    "moved_by")[:20],
        "may_change": user.has_role(Role.ADMIN),
    }  # fmt: skip
    return render(request, "evaluation/releases.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One release: what it says otherwise than production or `?against=`, its history, and what can be done."""
    return _page(request, looking(request), pk)


def _page(request: HttpRequest, user: User, pk: int, *, typed: Mapping[str, Any] | None = None) -> HttpResponse:
    """`typed`: what was sent and refused, to stand in the fields still."""
    release = get_object_or_404(Release.objects.select_related("created_by", "index_version", "cloned_from"), pk=pk)
    production = releases.production()
    others = Release.objects.exclude(pk=pk).order_by("-pk")
    against = others.filter(pk=whole_number(request.GET.get("against", "")) or 0).first()
    if against is None:
        against = release.cloned_from if release == production else production
    history = RolloutMove.objects.select_related("production", "candidate", "candidate_before", "moved_by")
    stages = [(stage, gates.verdict(release, stage)) for stage in GateStage]
    plan = PlanForm(initial={"plan": typed["plan"]} if typed is not None and "plan" in typed else None)
    context = {
        "release": release,
        "state": moves.states([release])[pk],
        "prompts": release.prompts.order_by("task"),
        "against": against,
        "others": others[:SHOWN],
        "changes": compose.changes(against, release) if against else [],
        "stages": stages,
        "is_held": not all(verdict.lets_pass for _stage, verdict in stages),
        "plan": plan,
        "plan_is_own": plan["plan"].value().split() != PlanForm()["plan"].value().split(),
        "typed": typed,
        "shadows": Shadow.objects.filter(candidate=release),
        "canary": canaries.running(),
        "moved": [move for move in history if pk in _involved(move)],
        "may_change": user.has_role(Role.ADMIN),
    }
    return render(request, "evaluation/release.html", context, status=200 if typed is None else 422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """A release made of another one's values (`?from=3`; else production's), with `?prompt=` put in."""
    user = changing(request)
    start = Release.objects.filter(pk=whole_number(request.GET.get("from", "")) or 0).first() or releases.production()
    form = ReleaseForm(request.POST or None, start=start)
    if (
        prompt := PromptVersion.objects.filter(pk=whole_number(request.GET.get("prompt", "")) or 0).first()
    ) is not None:
        form.initial[f"prompt_{prompt.task}"] = prompt.pk
    if request.method == "POST" and form.is_valid():
        made = form.save(by=user, cloned_from=start)
        if made is not None:
            messages.success(request, _("%(name)s is a draft. It answers nobody yet.") % {"name": made})
            return redirect("evaluation:release", made.pk)
    context = {"form": form, "start": start, "deployments": deployments.usable()}
    return render(request, "evaluation/release_form.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def canary(request: HttpRequest, pk: int) -> HttpResponse:
    """One canary: its plan, both arms beside each other, its brakes, and why it stands where it stands."""
    user = looking(request)
    shown = get_object_or_404(Canary.objects.select_related("candidate", "control", "started_by"), pk=pk)
    if request.htmx and shown.ended_at is not None:  # type: ignore[attr-defined]
        # It was watched while it ran: what can be done has changed with its end, so the whole page comes anew.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    at = len(shown.plan) - 1 if shown.state == Canary.State.RELEASED else shown.step
    context = {
        "canary": shown,
        "brakes": canary_rows(shown),
        "steps": [{**step, "is_done": n < at, "is_now": n == at} for n, step in enumerate(shown.plan)],
        "changes": compose.changes(shown.control, shown.candidate),
        "against": shown.control,
        "may_change": user.has_role(Role.ADMIN) and shown.ended_at is None,
    }
    return render(request, "evaluation/canary.html", context)


@login_required
@require_POST
def steer(request: HttpRequest, pk: int, action: str) -> HttpResponseBase:
    """Pauses a canary, lets it go on, takes its next step now, or rolls it back."""
    user = changing(request)
    steered = get_object_or_404(Canary, pk=pk, ended_at=None)
    try:
        if action == "pause":
            canaries.pause(steered, by=user)
        elif action == "resume":
            canaries.resume(steered, by=user)
        elif action == "next":
            canaries.advance(steered, now=timezone.now(), by=user, override=request.POST.get("override", ""))
        else:
            canaries.roll_back(steered, by=user, reason=request.POST.get("reason", ""))
    except moves.NotMoved as error:
        messages.error(request, str(error))
    return redirect("evaluation:canary", pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def shadow(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A release in the shadow beside production; a POST ends it."""
    user = changing(request) if request.method == "POST" else looking(request)
    shown = get_object_or_404(Shadow.objects.select_related("candidate"), pk=pk)
    if request.method == "POST":
        shadowing.end(shown, by=user)
        return redirect("evaluation:shadow", pk)
    context = {
        "shadow": shown,
        "rows": (rows := shadowing.compared(shown)),
        "finding": shadowing.finding(rows),
        "examples": shadowing.examples(shown, viewer=user),
        "may_change": user.has_role(Role.ADMIN) and shown.ended_at is None,
    }
    return render(request, "evaluation/shadow.html", context)


def canary_rows(shown: Canary) -> list[dict[str, Any]]:
    """What the last look found, a row a brake, with places in percent for the drawing of both intervals."""
    rows = []
    for found in shown.found.get("brakes", []):
        low, high = found["interval"]
        control_low, control_high = found["control_interval"]
        rows.append(
            found
            | {
                "label": LABELS[found["name"]].label,
                "share": found["candidate_bad"] / found["candidate"] if found["candidate"] else None,
                "control_share": found["control_bad"] / found["control"] if found["control"] else None,
                "candidate_bar": _bar(low, high),
                "control_bar": _bar(control_low, control_high),
                "strength": min(1.0, math.log(max(found["highest"], 1.0)) / math.log(PULLED)),
            }
        )
    return rows


def _bar(low: float, high: float) -> dict[str, str]:
    """Of a drawing 100 wide; no comma in any language."""
    return {"x": f"{low * 100:.2f}", "width": f"{max(0.6, (high - low) * 100):.2f}"}


@login_required
@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponseBase:
    """Moves the pointer to or away from this release, past the gates."""
    user = changing(request)
    release = get_object_or_404(Release, pk=pk)
    try:
        messages.success(request, _ACTIONS[action](release, user, request.POST))
    except (rollout.Refused, moves.NotMoved, canaries.NotStarted, shadowing.NotStarted) as error:
        messages.error(request, str(error))
        return _page(request, user, pk, typed=request.POST)
    return redirect("evaluation:releases")


def _promote(release: Release, user: User, data: Mapping[str, Any]) -> str:
    rollout.promote(release, by=user, reason=data.get("reason", ""), override=data.get("override", ""))
    return _("%(name)s answers everybody from the next question on.") % {"name": release}


def _back(release: Release, user: User, data: Mapping[str, Any]) -> str:
    if (canary := canaries.running()) is not None:
        move = canaries.roll_back(canary, by=user, reason=data.get("reason", ""))
    else:
        move = moves.back(by=user, reason=data.get("reason", ""))
    return _("%(name)s answers everybody again.") % {"name": move.production}


def _canary(release: Release, user: User, data: Mapping[str, Any]) -> str:
    form = PlanForm({"plan": data.get("plan", "")})
    if not form.is_valid():
        raise canaries.NotStarted(" ".join(map(str, form.errors["plan"])))
    plan = form.cleaned_data["plan"]
    canaries.start(release, by=user, plan=plan, reason=data.get("reason", ""), override=data.get("override", ""))
    return _("%(name)s answers %(percent)d %% of the people from now on.") % {
        "name": release,
        "percent": plan[0]["percent"],
    }


def _shadow(release: Release, user: User, data: Mapping[str, Any]) -> str:
    percent = whole_number(data.get("percent", "")) or 0
    if not 1 <= percent <= 100:
        raise shadowing.NotStarted(_("A share is a whole number from 1 to 100."))
    shadowing.start(release, percent=percent, by=user)
    return _("%(name)s answers %(percent)d %% of the questions in the shadow. Nobody sees it.") % {
        "name": release,
        "percent": percent,
    }


_ACTIONS: dict[str, Callable[[Release, User, Mapping[str, Any]], str]] = {
    "production": _promote,
    "back": _back,
    "canary": _canary,
    "shadow": _shadow,
}


def _involved(move: RolloutMove) -> set[int | None]:
    return {move.production_id, move.production_before_id, move.candidate_id, move.candidate_before_id}
