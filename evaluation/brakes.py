"""The brakes of a canary: what of its answers is bad, and whether there is too much of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from evaluation.arms import Answers, of_release
from evaluation.statistics.intervals import wilson
from evaluation.statistics.sequential import blocks, design_effect, evidence, resemblance

# All brakes together stop a candidate that is no worse in at most one of twenty canaries.
FALSE_ALARMS = 0.05
# Beside one answer of the candidate stand at most so many of the control: all that there are at a share of 1 %.
MOST_BESIDE = 99
# A tenth of production's answers are slower, or dearer, than the limit; so many of the latest ones say where it lies.
LIMIT_AT, LIMIT_LATEST, LIMIT_LEAST = 0.9, 500, 50
LIMIT_DAYS = timedelta(days=14)
# With this much evidence a candidate does not go on to a larger share, though it is not rolled back.
DOUBT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """One kind of bad answer."""

    name: str
    label: str | Promise
    # What happened, for the sentence that says why a candidate was rolled back.
    finding: str | Promise


BRAKES = (
    Brake(name="failed", label=_("Errors and stand-ins"), finding=_("more answers failed or needed a stand-in")),
    Brake(name="refused", label=_("Refusals"), finding=_("more questions were refused")),
    Brake(
        name="unsupported", label=_("Answers with an unsupported sentence"), finding=_("fewer answers were supported")
    ),
    Brake(name="thumb_down", label=_("Thumbs down"), finding=_("more answers got a thumb down")),
    Brake(name="slow", label=_("Slow answers"), finding=_("more answers were slow")),
    Brake(name="dear", label=_("Dear answers"), finding=_("more answers were dear")),
)
LABELS: Mapping[str, Brake] = {brake.name: brake for brake in BRAKES}
PULLED = len(BRAKES) / FALSE_ALARMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a brake found: bad answers among all in both arms, with the intervals of their shares.

    `evidence` reaches PULLED for a candidate that is no worse in at most 0.05 / 6 of all canaries; `highest` is the
    most it has been.
    """

    name: str
    candidate_bad: int
    candidate: int
    control_bad: int
    control: int
    evidence: float
    highest: float

    @property
    def pulls(self) -> bool:
        """Whether the candidate is rolled back."""
        return self.highest >= PULLED

    def as_json(self) -> dict[str, Any]:
        """For the row of the canary."""
        low, high = wilson(self.candidate_bad, self.candidate)
        control_low, control_high = wilson(self.control_bad, self.control)
        return asdict(self) | {
            "pulls": self.pulls,
            "interval": [low, high],
            "control_interval": [control_low, control_high],
        }


def limits(control_id: int, *, now: datetime) -> dict[str, Any]:
    """Where slow and dear begin, from production's latest answers; what too few say anything of is left out."""
    answers = of_release(control_id, latest=LIMIT_LATEST, since=now - LIMIT_DAYS, now=now)
    found: dict[str, Any] = {"since": now.isoformat()}
    for figure in ("seconds", "cost"):
        known = answers.figures[figure][~np.isnan(answers.figures[figure])]
        if len(known) >= LIMIT_LEAST:
            found[figure] = float(np.quantile(known, LIMIT_AT))
    return found


def look(answers: Answers, *, candidate_id: int, limits: Mapping[str, Any]) -> list[Found]:
    """What every brake finds in these answers, all of them from the beginning of the canary."""
    is_candidate = answers.release == candidate_id
    return [compared(brake.name, is_candidate, _bad(brake.name, answers, limits), answers.person) for brake in BRAKES]


def _bad(name: str, answers: Answers, limits: Mapping[str, Any]) -> NDArray[np.float64]:
    """1 for a bad answer, 0 for another, NaN where it does not apply."""
    if name not in ("slow", "dear"):
        return answers.figures[name]
    figure = {"slow": "seconds", "dear": "cost"}[name]
    values = answers.figures[figure]
    if figure not in limits:
        return np.full(len(answers), np.nan)
    begun = answers.asked_at >= datetime.fromisoformat(limits["since"]).timestamp()
    return np.where(np.isnan(values) | ~begun, np.nan, values > limits[figure])


def compared(name: str, is_candidate: NDArray[np.bool_], bad: NDArray[np.float64], person: NDArray[np.int_]) -> Found:
    """What one brake finds; all arrays have one entry an answer, in the order of asking. `bad` is NaN where it does
    not apply."""
    applies = ~np.isnan(bad)
    candidate, counted, person = is_candidate[applies], bad[applies].astype(int), person[applies]
    course = evidence(*blocks(candidate, counted, most=MOST_BESIDE))
    # Of the people of a small share each has habits of their own, which are no fault of the candidate.
    alike = resemblance(person[~candidate], counted[~candidate])
    course **= 1 / design_effect(person[candidate], alike)[: len(course)]
    return Found(
        name=name,
        candidate_bad=int(counted[candidate].sum()),
        candidate=int(candidate.sum()),
        control_bad=int(counted[~candidate].sum()),
        control=int((~candidate).sum()),
        evidence=float(course[-1]) if len(course) else 1.0,
        highest=float(course.max()) if len(course) else 1.0,
    )
