"""From results to figures: means with intervals over cases, the spread between repeats, and what is only counted."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.metrics.catalogue import METRICS, WITHOUT_RIGHT
from ragapp.lib.stats import mean_interval

COUNTS = ("leaks", "failed")
# Of runs over pairs: made of differences between results, not of results.
OF_PAIRS = ("bias_found", "bias_refused")
FAILED = frozenset({"failed", "error"})
# Costs of an answer are fractions of a cent.
DIGITS = 4
DIGITS_USD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case, asked by one person, once. `measures` holds what applies; `unit` is what repeats have in common."""

    unit: tuple[str, ...]
    repeat: int
    is_permitted: bool
    status: str
    measures: Mapping[str, float]
    category: str = ""


def summarise(results: Sequence[Result]) -> dict[str, Any]:
    """{metric: {"mean", "low", "high", "n", "spread"?}}, None where it applies to no case, and counts.

    "Not applicable" and "error" are no scores: such results are left out of the means. The interval is of the cases,
    each with the mean of its repeats; `spread` is the standard deviation of the mean from repeat to repeat.
    """
    permitted = [result for result in results if result.is_permitted]
    forbidden = [result for result in results if not result.is_permitted]
    figures: dict[str, Any] = {
        "questions": len({result.unit for result in permitted}),
        "asked_without_right": len({result.unit for result in forbidden}),
    }
    for name in METRICS:
        if name not in (*COUNTS, *OF_PAIRS):
            figures[name] = figure(name, forbidden if name in WITHOUT_RIGHT else permitted)
    figures["leaks"] = sum(bool(result.measures.get("leak")) for result in forbidden)
    figures["failed"] = sum(result.status in FAILED for result in results)
    return figures


def by_category(results: Sequence[Result], name: str) -> dict[str, dict[str, float | int] | None]:
    """The figure of one metric in each category, alphabetically."""
    found = defaultdict(list)
    for result in results:
        if result.is_permitted != (name in WITHOUT_RIGHT):
            found[result.category].append(result)
    return {category: figure(name, found[category]) for category in sorted(found)}


def figure(name: str, results: Iterable[Result]) -> dict[str, float | int] | None:
    """One metric over results."""
    by_case: dict[tuple[str, ...], list[float]] = defaultdict(list)
    by_repeat: dict[int, list[float]] = defaultdict(list)
    for result in results:
        if (value := result.measures.get(name)) is not None and result.status not in FAILED:
            by_case[result.unit].append(value)
            by_repeat[result.repeat].append(value)
    if not by_case:
        return None
    values = [statistics.fmean(repeats) for repeats in by_case.values()]
    low, high = mean_interval(values)
    digits = DIGITS_USD if METRICS[name].unit == "usd" else DIGITS
    found: dict[str, float | int] = {
        "mean": round(statistics.fmean(values), digits),
        "low": round(low, digits),
        "high": round(high, digits),
        "n": len(values),
    }
    if len(by_repeat) > 1:
        found["spread"] = round(statistics.stdev(statistics.fmean(one) for one in by_repeat.values()), digits)
    return found
