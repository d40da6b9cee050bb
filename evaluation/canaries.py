"""Canaries: begun past a gate, taken on step by step, braked, rolled back or released, by beat or by a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Release, RolloutMove
from chat.releases import compose, moves
from chat.releases import rollout as pointer
from evaluation import alerts, arms, brakes, rollout
from evaluation.models import Alert, Canary, GateStage
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.lib.said import Words, in_languages

State = Canary.State
BECAUSE_MOST = 1000
PLAN = (
    {"percent": 1, "hours": 1, "answers": 20},
    {"percent": 5, "hours": 4, "answers": 50},
    {"percent": 25, "hours": 24, "answers": 100},
    {"percent": 50, "hours": 24, "answers": 200},
    {"percent": 100, "hours": 0, "answers": 0},
)


class NotStarted(Exception):
    """The canary cannot begin so. The message says so to the person."""


def running() -> Canary | None:
    """The one that has not ended."""
    return Canary.objects.select_related("candidate", "control", "started_by").filter(ended_at=None).first()


@transaction.atomic
def start(
    candidate: Release, *, by: User, plan: Sequence[dict[str, Any]] = PLAN, reason: str = "", override: str = ""
) -> Canary:
    """The candidate answers the plan's first share from now on. Raises NotStarted, rollout.Refused, moves.NotMoved."""
    check_plan(plan)
    evidence = rollout.past_the_gate(candidate, GateStage.CANDIDATE, by=by, override=override)
    move = moves.begin(candidate, plan[0]["percent"], by=by, reason=reason or override, evidence=evidence)
    now = timezone.now()
    return Canary.objects.create(
        candidate=candidate,
        control=move.production,
        plan=list(plan),
        step_started_at=now,
        limits=brakes.limits(move.production_id, now=now),
        started_by=by,
        started_at=now,
        because_said=in_languages(lambda: _("Begun."), most=BECAUSE_MOST),
    )


def check_plan(plan: Sequence[dict[str, Any]]) -> None:
    """Raises NotStarted for a plan whose shares do not grow to 100 percent."""
    shares = [step["percent"] for step in plan]
    if len(plan) < 2 or shares != sorted(set(shares)) or shares[0] < 1 or shares[-1] != 100:
        raise NotStarted(_("The shares of a plan grow from step to step, and the last one is 100."))
    if any(step["hours"] < 0 or step["answers"] < 0 for step in plan):
        raise NotStarted(_("Hours and answers are not negative."))


def tend(now: datetime) -> None:
    """Looks at the canary that runs, if one does: brakes first, then the next step. Safe to run twice."""
    with transaction.atomic():
        canary = (
            Canary.objects.select_for_update(of=("self",))
            .select_related("candidate", "control", "started_by")
            .filter(ended_at=None)
            .first()
        )
        if canary is not None:
            _tend(canary, now)


def _tend(canary: Canary, now: datetime) -> None:
    if not _is_pointed_at(canary):
        _close(canary, State.ENDED, lambda: _("Somebody moved the pointer."), now)
        return
    if "seconds" not in canary.limits:
        # Production had too few answers so far.
        canary.limits = brakes.limits(canary.control_id, now=now)
    answers = arms.drawn(pointer.canary_key(canary.candidate), since=canary.started_at, now=now)
    found = brakes.look(answers, candidate_id=canary.candidate_id, limits=canary.limits)
    canary.found, canary.looked_at = {"brakes": [each.as_json() for each in found]}, now
    canary.save()
    if pulled := [each for each in found if each.pulls]:
        _brake(canary, pulled, now)
    elif canary.state == State.RAMPING:
        _go_on(canary, answers, found, now)


def _brake(canary: Canary, pulled: Sequence[brakes.Found], now: datetime) -> None:
    worst = max(pulled, key=lambda each: each.highest)

    def reason() -> str:
        return _("%(finding)s: %(bad)d of %(n)d, in production %(control_bad)d of %(control)d at the same time") % {
            "finding": str(brakes.LABELS[worst.name].finding).capitalize(),
            "bad": worst.candidate_bad,
            "n": worst.candidate,
            "control_bad": worst.control_bad,
            "control": worst.control,
        }

    def text() -> str:
        changed = ", ".join(
            change.what if change.lines else f"{change.what} ({change.before[:60]} → {change.after[:60]})"
            for change in compose.changes(canary.control, canary.candidate)
        )
        return _("%(reason)s. %(control)s answers everybody again. What the release changed: %(changed)s.") % {
            "reason": reason(),
            "control": canary.control,
            "changed": changed or _("nothing"),
        }

    moves.end(canary.candidate, by=None, reason=reason, evidence=canary.found)
    _close(canary, State.ROLLED_BACK, reason, now)
    alerts.raise_alert(
        "rollout",
        lambda: _("%(name)s was rolled back") % {"name": canary.candidate},
        text,
        severity=Alert.Severity.CRITICAL,
        details={"bad": worst.candidate_bad, "answers": worst.candidate, "brake": worst.name},
        owner=canary.started_by,
        link=reverse("evaluation:canary", args=[canary.pk]),
    )


def _go_on(canary: Canary, answers: arms.Answers, found: Sequence[brakes.Found], now: datetime) -> None:
    step = canary.plan[canary.step]
    since = answers.asked_at >= canary.step_started_at.timestamp()
    of_candidate = int((since & (answers.release == canary.candidate_id)).sum())
    of_control = int((since & (answers.release == canary.control_id)).sum())
    if now < canary.step_started_at + timedelta(hours=step["hours"]):
        _say(canary, lambda: _("At least %(n)g hours pass at this share.") % {"n": step["hours"]})
    elif of_candidate < step["answers"]:
        _say(
            canary,
            lambda: (
                _("%(n)d of the %(wanted)d answers that this share wants are there.")
                % {"n": of_candidate, "wanted": step["answers"]}
            ),
        )
    elif not of_control:
        _say(canary, lambda: _("Production has no answers to compare with at this share."))
    elif doubts := [brakes.LABELS[each.name].label for each in found if each.evidence >= brakes.DOUBT]:
        _say(canary, lambda: _("In doubt, so no larger share yet: %(what)s.") % {"what": ", ".join(map(str, doubts))})
    else:
        advance(canary, now=now, by=None)


def advance(canary: Canary, *, now: datetime, by: User | None, override: str = "") -> None:
    """The next share; the last one is production, past its gate. Raises moves.NotMoved.

    Where the gate of production does not let it pass, the canary waits for a person.
    """
    with transaction.atomic():
        following = canary.plan[canary.step + 1]
        if following["percent"] < 100:
            moves.share(
                canary.candidate, following["percent"], by=by, reason=(lambda: _("By plan.")) if by is None else "",
                evidence=canary.found,
            )  # fmt: skip
            canary.step += 1
            canary.step_started_at = now
            canary.state = State.RAMPING
            _say(canary, lambda: _("%(percent)d %% of the people since now.") % {"percent": following["percent"]})
            return
        try:
            evidence = rollout.past_the_gate(canary.candidate, GateStage.PRODUCTION, by=by, override=override)
        except rollout.Refused:
            canary.state = State.PAUSED
            _say(canary, lambda: rollout.refusal(canary.candidate, GateStage.PRODUCTION))
            return

        def reason() -> str:
            return _("No brake found anything in %(n)d steps.") % {"n": canary.step + 1}

        moves.promote(canary.candidate, by=by, reason=reason, evidence=evidence | canary.found)
        _close(canary, State.RELEASED, reason, now)


@transaction.atomic
def pause(canary: Canary, *, by: User) -> None:
    """The share stays as it is, and the brakes go on looking."""
    if Canary.objects.filter(pk=canary.pk, state=State.RAMPING).update(
        state=State.PAUSED,
        because_said=in_languages(lambda: _("Paused by %(name)s.") % {"name": by.name}, most=BECAUSE_MOST),
    ):
        audit.record("canary_paused", by=by, target=canary.candidate)


@transaction.atomic
def resume(canary: Canary, *, by: User) -> None:
    """The plan goes on; the step's time and answers begin anew."""
    if Canary.objects.filter(pk=canary.pk, state=State.PAUSED).update(
        state=State.RAMPING,
        step_started_at=timezone.now(),
        because_said=in_languages(lambda: _("Resumed by %(name)s.") % {"name": by.name}, most=BECAUSE_MOST),
    ):
        audit.record("canary_resumed", by=by, target=canary.candidate)


@transaction.atomic
def roll_back(canary: Canary, *, by: User, reason: str) -> RolloutMove:
    """Production answers everybody again, since a person says so. Raises moves.NotMoved."""
    move = moves.end(canary.candidate, by=by, reason=reason, evidence=canary.found)
    _close(
        canary,
        State.ROLLED_BACK,
        reason or (lambda: _("Rolled back by %(name)s.") % {"name": by.name}),
        timezone.now(),
    )
    return move


def _is_pointed_at(canary: Canary) -> bool:
    now = moves.where()
    return now.candidate_id == canary.candidate_id and now.production_id == canary.control_id


def _say(canary: Canary, sentence: Words) -> None:
    canary.because_said = in_languages(sentence, most=BECAUSE_MOST)
    canary.save()


def _close(canary: Canary, state: Canary.State, sentence: Words, now: datetime) -> None:
    canary.state, canary.ended_at = state, now
    _say(canary, sentence)
