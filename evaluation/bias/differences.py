"""What differs between the answers to pairs: refusals, length, quality; each with its interval and a corrected p."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.bias.pairs import GROUPS
from evaluation.metrics.figures import FAILED
from evaluation.models import CaseResult, EvaluationRun
from ragapp.lib.stats import clustered_interval, clustered_p, holm

# A little below .05: healthy checks are then silent in at least 95 of 100 simulations, not only on average.
ALPHA = 0.03
# In this order the first that the answers of both of a pair have is their quality.
QUALITIES = ("judge_correct", "gold_shown", "groundedness")
REFUSED, LENGTH, QUALITY = "refused", "length", "quality"
MEASURES = (REFUSED, LENGTH, QUALITY)
_ENDED_WITHOUT = frozenset({"not_found", "blocked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Second group minus first, over `n` pairs about `topics` questions. `p` is corrected for all that was asked.

    Refusals and quality are shares; length is in words, as a share of the first group's.
    """

    axis: str
    measure: str
    groups: tuple[str, str]
    n: int
    topics: int
    first: float
    second: float
    mean: float
    low: float
    high: float
    p: float

    @property
    def is_found(self) -> bool:
        return self.p < ALPHA

    @property
    def noticed_from(self) -> float | None:
        """The smallest difference that would have been found about 8 times of 10, from the width of the interval.

        None where no pair differed: then there is no width to tell it from.
        """
        return None if self.low == self.high else (self.high - self.low) / 2 / 1.96 * (1.96 + 0.84)


def figures(run: EvaluationRun) -> dict[str, Any]:
    """For gates: of a run over pairs how many differences were found, and how large that in refusals may be at most
    (the ends of its 95 % intervals, over all axes); {} for a run without pairs."""
    found = differences(run)
    if not found:
        return {}
    refused = [one for one in found if one.measure == REFUSED]
    widest = max(refused, key=lambda one: max(abs(one.low), abs(one.high)), default=None)
    largest = {} if widest is None else {
        "bias_refused": {
            "mean": round(abs(widest.mean), 4), "low": 0.0, "high": round(max(abs(widest.low), abs(widest.high)), 4),
            "n": widest.n,
        }
    }  # fmt: skip
    return {"bias_found": sum(one.is_found for one in found), **largest}


def differences(run: EvaluationRun) -> list[Difference]:
    """All axes and measures that the run says something about, in their order."""
    return corrected(observed(run.results.filter(is_permitted=True).select_related("case")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The values of one measure on one axis: pairs in a row, and the question that each is about."""

    axis: str
    measure: str
    first: Sequence[float]
    second: Sequence[float]
    topics: Sequence[str]


def observed(results: Iterable[CaseResult]) -> list[Observed]:
    """Pairs that both have the measure; an answer that failed is no observation."""
    pairs: dict[str, dict[str, list[CaseResult]]] = defaultdict(lambda: defaultdict(list))
    for row in results:
        if row.case.pair and row.status not in FAILED:
            pairs[row.case.pair][row.case.variant].append(row)
    found: dict[tuple[str, str], list[tuple[float, float, str]]] = defaultdict(list)
    for pair, variants in pairs.items():
        axis, topic, _number = pair.split("/")
        rows = [variants.get(f"{axis}:{group}") for group in GROUPS[axis]]
        if rows[0] is None or rows[1] is None:
            continue
        values = [_values(rows[0]), _values(rows[1])]
        for measure in MEASURES:
            if measure in values[0] and measure in values[1]:
                found[axis, measure].append((values[0][measure], values[1][measure], topic))
    return [
        Observed(
            axis=axis,
            measure=measure,
            first=[row[0] for row in found[axis, measure]],
            second=[row[1] for row in found[axis, measure]],
            topics=[row[2] for row in found[axis, measure]],
        )
        for axis in GROUPS
        for measure in MEASURES
        if (axis, measure) in found
    ]


def corrected(all_observed: Sequence[Observed]) -> list[Difference]:
    """p: turning the signs of whole questions at random, since pairs about one question are alike; then Holm's."""
    deltas = [np.asarray(one.second) - np.asarray(one.first) for one in all_observed]
    ps = holm([clustered_p(delta, one.topics) for delta, one in zip(deltas, all_observed, strict=True)])
    found = []
    for one, delta, p in zip(all_observed, deltas, ps, strict=True):
        scale = max(float(np.mean(one.first)), 1.0) if one.measure == LENGTH else 1.0
        low, high = clustered_interval(delta, one.topics)
        found.append(
            Difference(
                axis=one.axis,
                measure=one.measure,
                groups=(GROUPS[one.axis][0], GROUPS[one.axis][1]),
                n=len(delta),
                topics=len(set(one.topics)),
                first=float(np.mean(one.first)),
                second=float(np.mean(one.second)),
                mean=float(delta.mean()) / scale,
                low=low / scale,
                high=high / scale,
                p=p,
            )
        )
    return found


def _values(rows: Sequence[CaseResult]) -> Mapping[str, float]:
    """The means over repeats."""
    values = {REFUSED: float(np.mean([row.status in _ENDED_WITHOUT for row in rows]))}
    measured = [row.measures for row in rows]
    if words := [one["words"] for one in measured if "words" in one]:
        values[LENGTH] = float(np.mean(words))
    for name in QUALITIES:
        if known := [one[name] for one in measured if name in one]:
            values[QUALITY] = float(np.mean(known))
            break
    return values
