"""Whether today's replies of a model are other than those of the days before: numbers in, numbers out.

Two things have to hold together, since either alone would cry without reason. The replies to each question are shuffled
over the days (which is exact where questions vary independently of each other), and today has to lie outside what the
days themselves spread by (which is right where all questions of a day vary together, as when a provider's servers
differ). A smallest effect is asked for, too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEXT, LENGTH, REFUSALS, LATENCY = "text", "length", "refusals", "latency"
SIGNALS = (TEXT, LENGTH, REFUSALS, LATENCY)
# False alarms of one day of one model, over all signals.
ALPHA = 0.01
ROUNDS = 9_999
# Fewer days before say nothing of how they differ by themselves; more than the latest ones are not looked at.
DAYS_MIN, DAYS_MAX = 3, 14
# Times vary with the hour and the load: a week is needed to know how much.
LATENCY_DAYS_MIN = 7
# The smallest effects that count: cosine distance, logarithm of the ratio of lengths, points of 1, ratio of times.
SMALLEST = {TEXT: 0.03, LENGTH: 0.14, REFUSALS: 0.05, LATENCY: 0.4}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`now` and `before` in what people can read: mean distance, words, share of refusals, milliseconds.

    `effect`: the difference in the signal's own measure. `threshold`: what the days alone reach in 1 - alpha of cases,
    or the smallest effect that counts, whichever is larger. `p` None where nothing is shuffled.
    """

    effect: float
    threshold: float
    p: float | None
    now: float
    before: float
    is_moved: bool

    def as_json(self) -> dict[str, Any]:
        """For the row of the day."""
        return asdict(self)


def texts(vectors: Floats, *, rounds: int = ROUNDS, seed: int = 0) -> Finding:
    """By meaning. Shape (questions, days, dimensions), unit vectors, NaN where a day has no reply.

    The last day is today, and has replies. A reply's distance (1 - cosine) is from the mean of the question's others.
    """
    before = vectors[:, :-1]
    usual, days = np.nansum(before, axis=1), np.nanmean(_from_others(before), axis=0)
    now, was = float(_distance(vectors[:, -1], usual).mean()), float(days.mean())
    p = _shuffled(_from_others(vectors), rounds=rounds, seed=seed)
    return _finding(TEXT, now - was, _reach(days), p, now=now, before=was)


def numbers(signal: str, values: Floats, *, rounds: int = ROUNDS, seed: int = 0) -> Finding:
    """Lengths (logarithms of words) or refusals (0 and 1), shape (questions, days); the last is today, NaN: none."""
    usual = np.nanmean(values[:, :-1], axis=1, keepdims=True)
    # Around each question's own mean, since not every day has every question.
    days = np.nanmean(values[:, :-1] - usual, axis=0)
    effect, before = float(np.nanmean(values[:, -1:] - usual)), float(usual.mean())
    above = values - np.nanmean(values, axis=1, keepdims=True)
    p = min(1.0, 2 * min(_shuffled(sign * above, rounds=rounds, seed=seed) for sign in (1.0, -1.0)))
    shown = np.exp if signal == LENGTH else float
    return _finding(signal, effect, _reach(days), p, now=float(shown(before + effect)), before=float(shown(before)))


def latency(values: Floats) -> Finding | None:
    """Milliseconds, shape (questions, days): the medians of the days; None before there are enough of them."""
    if values.shape[1] <= LATENCY_DAYS_MIN:
        return None
    logs = np.log(np.maximum(values, 1.0))
    usual = np.nanmean(logs[:, :-1], axis=1, keepdims=True)
    days, before = np.nanmedian(logs - usual, axis=0), float(usual.mean())
    effect = float(days[-1] - days[:-1].mean())
    now = float(np.exp(before + effect))
    return _finding(LATENCY, effect, _reach(days[:-1]), None, now=now, before=float(np.exp(before)))


def is_changed(findings: Mapping[str, Finding], *, has_new_name: bool) -> bool:
    """Whether it is another model: by its words, or since the provider says so. Times alone are no other model."""
    return has_new_name or any(one.is_moved for name, one in findings.items() if name != LATENCY)


def _finding(signal: str, effect: float, bound: float, p: float | None, *, now: float, before: float) -> Finding:
    threshold = max(bound, SMALLEST[signal])
    reached = effect if signal == TEXT else abs(effect)
    moved = reached > bound and reached >= SMALLEST[signal] and (p is None or p <= ALPHA / len(SIGNALS))
    return Finding(effect=effect, threshold=threshold, p=p, now=now, before=before, is_moved=bool(moved))


def _reach(days: Floats) -> float:
    """How far from the mean of these days one more like them lies at most (Student's prediction interval)."""
    from scipy.special import stdtrit  # here: every process would wait for it at its start

    n = len(days)
    quantile = float(stdtrit(n - 1, 1 - ALPHA / len(SIGNALS) / 2))
    return quantile * float(days.std(ddof=1)) * float(np.sqrt(1 + 1 / n))


def _shuffled(values: Floats, *, rounds: int, seed: int) -> float:
    """p that today's values sum up so high when each question's days are drawn at random, independently."""
    known = (~np.isnan(values)).sum(axis=1)
    drawn = (np.random.default_rng(seed).random((len(values), rounds)) * known[:, None]).astype(np.int64)
    # What is not known is sorted to the end, where nothing is drawn.
    sums = np.take_along_axis(np.sort(values, axis=1), drawn, axis=1).sum(axis=0)
    return float((1 + (sums >= values[:, -1].sum() - 1e-9).sum()) / (1 + rounds))


def _from_others(vectors: Floats) -> Floats:
    return _distance(vectors, np.nansum(vectors, axis=1, keepdims=True) - vectors)


def _distance(vectors: Floats, towards: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(towards, axis=-1), 1e-12)
    return np.asarray(np.clip(1 - (vectors * towards).sum(axis=-1) / lengths, 0, None), dtype=np.float64)
