"""Gates: whether a release was shown to be good enough for a stage. Whoever moves the rollout pointer asks here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chat.models import Release
from evaluation.datasets import store
from evaluation.metrics.catalogue import METRICS
from evaluation.models import EvaluationRun, Gate, GateStage, Simulation
from ragapp.accounts.models import User
from ragapp.audit import log

# With a larger share of questions without an answer the figures say nothing about the release.
ERRORS_MAX = 0.02


class State(StrEnum):
    """What the gates of a stage say."""

    PASSED = "passed"
    FAILED = "failed"
    MISSING = "missing"  # something that has to be measured has not been
    NONE = "none"  # nobody set up a gate: nothing was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One gate, and what was measured. `value` is the worse end of the 95 % interval, None when there is none."""

    gate: Gate
    state: State
    reason: str
    value: float | None = None
    run: EvaluationRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What all gates of a stage say together."""

    state: State
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences for the person who wants to move the release on; empty when every gate passed."""
        if self.state is State.NONE:
            return (_("No gates are set up for this stage: nothing has been shown about this release."),)
        return tuple(check.reason for check in self.checks if check.state is not State.PASSED)

    @property
    def lets_pass(self) -> bool:
        """Whether the pointer may move without anybody's override."""
        return self.state in (State.PASSED, State.NONE)

    @property
    def evidence(self) -> dict[str, Any]:
        """For the history of moves."""
        return {"state": self.state.value, "reasons": list(self.reasons)}


def verdict(release: Release, stage: str) -> Verdict:
    """What the gates of `stage` ("candidate" or "production") say about `release` now.

    Each is judged on the newest whole run of the dataset's newest version.
    """
    checks = tuple(_check(gate, release) for gate in Gate.objects.filter(stage=stage).select_related("dataset"))
    return Verdict(state=_overall(checks), checks=checks)


def releases() -> QuerySet[Release]:
    """Those that can be measured, the newest first: seeded traffic has some of its own, which answer nobody."""
    return Release.objects.exclude(pk__in=Simulation.releases()).order_by("-pk")


def overview(shown: int = 5) -> list[tuple[GateStage, list[Gate], list[tuple[Release, Verdict]]]]:
    """Each stage with its gates, and what they say of the newest releases."""
    newest = list(releases()[:shown])
    return [
        (
            stage,
            list(Gate.objects.filter(stage=stage).select_related("dataset")),
            [(release, verdict(release, stage)) for release in newest],
        )
        for stage in GateStage
    ]


@transaction.atomic
def set_gate(dataset_id: int, metric: str, stage: str, bound: float, *, by: User) -> Gate:
    """Make or move a gate. Raises ValueError for a metric or a stage that there is not."""
    if metric not in METRICS or stage not in GateStage.values:
        raise ValueError(metric)
    gate, _made = Gate.objects.update_or_create(
        dataset_id=dataset_id, metric=metric, stage=stage, defaults={"bound": bound, "created_by": by}
    )
    log.record("gate_set", by=by, target=gate, metric=metric, bound=bound, stage=stage)
    return gate


@transaction.atomic
def remove_gate(gate: Gate, *, by: User) -> None:
    """Take a gate away."""
    log.record("gate_removed", by=by, target=gate, metric=gate.metric, bound=gate.bound, stage=gate.stage)
    gate.delete()


def _overall(checks: tuple[Check, ...]) -> State:
    states = {check.state for check in checks}
    if not states:
        return State.NONE
    return next((state for state in (State.FAILED, State.MISSING) if state in states), State.PASSED)


def _check(gate: Gate, release: Release) -> Check:
    metric, version = METRICS[gate.metric], store.latest(gate.dataset)
    named = {"metric": metric.title, "dataset": gate.dataset.name}
    if version is None:
        return Check(gate=gate, state=State.MISSING, reason=_("%(dataset)s has no questions yet.") % named)
    runs = EvaluationRun.objects.filter(
        version=version, release=release, folder="", state=EvaluationRun.State.DONE
    ).select_related("version__dataset", "release")
    run = runs.first()
    if run is None:
        reason = _("%(release)s has not been run on the newest version of %(dataset)s, v%(number)s.")
        return Check(
            gate=gate, state=State.MISSING, reason=reason % {**named, "release": release, "number": version.number}
        )
    failed = run.metrics.get("failed", 0)
    if gate.metric != "failed" and failed > ERRORS_MAX * run.total:
        reason = _("%(failed)s of %(total)s questions of %(dataset)s ended without an answer; run it again.")
        return Check(
            gate=gate, state=State.MISSING, run=run, reason=reason % {**named, "failed": failed, "total": run.total}
        )
    value = worse_end(run, gate.metric)
    if value is None:
        reason = _("“%(metric)s” applies to no question of %(dataset)s.") % named
        return Check(gate=gate, state=State.MISSING, run=run, reason=reason)
    if metric.is_worse(value, gate.bound):
        wanted = _("at least %(bound)s") if metric.is_higher_better else _("at most %(bound)s")
        reason = _("“%(metric)s” on %(dataset)s may be as bad as %(value)s; it has to be %(wanted)s.")
        said = {**named, "value": metric.written(value), "wanted": wanted % {"bound": metric.written(gate.bound)}}
        return Check(gate=gate, state=State.FAILED, run=run, value=value, reason=reason % said)
    return Check(gate=gate, state=State.PASSED, run=run, value=value, reason="")


def worse_end(run: EvaluationRun, metric: str) -> float | None:
    """The end of the 95 % interval that is worse, or the count; None when the metric does not apply."""
    figure = run.metrics.get(metric)
    if isinstance(figure, dict):
        return float(figure["low" if METRICS[metric].is_higher_better else "high"])
    return None if figure is None else float(figure)
