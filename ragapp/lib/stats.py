"""Intervals around measured means, and tests of paired differences."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def bootstrap_interval(
    values: Sequence[float], *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean (Efron & Tibshirani 1993, ch. 13); (nan, nan) without values."""
    if not values:
        return float("nan"), float("nan")
    sample = np.asarray(values, dtype=float)
    picks = np.random.default_rng(seed).integers(0, len(sample), size=(resamples, len(sample)))
    low, high = np.quantile(sample[picks].mean(axis=1), [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def wilson_interval(share: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share of `n` (Wilson 1927); (nan, nan) without any. Honest also at 0 and 1."""
    if not n:
        return float("nan"), float("nan")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(values: Sequence[float], *, confidence: float = 0.95) -> tuple[float, float]:
    """Of the mean of independent values: Wilson's for zeros and ones and for shares that are all alike, else bootstrap.

    A bootstrap of equal values has no width, however few they are.
    """
    is_binary = all(value in (0, 1) for value in values)
    is_one_share = len(set(values)) == 1 and 0 <= values[0] <= 1
    if is_binary or is_one_share:
        return wilson_interval(sum(values) / len(values) if values else 0.0, len(values), confidence=confidence)
    return bootstrap_interval(values, confidence=confidence)


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Two-sided exact p of as many changes one way as the other (McNemar 1947; binomial form); 1 without changes."""
    lost = sum(a and not b for a, b in zip(first, second, strict=True))
    won = sum(b and not a for a, b in zip(first, second, strict=True))
    return sign_test(won, lost)


def sign_test(one_way: int, other_way: int) -> float:
    """Two-sided exact p that both directions are equally likely; 1 without any."""
    n, fewer = one_way + other_way, min(one_way, other_way)
    if not n:
        return 1.0
    # In logarithms: 2**-n leaves the range of floats at about a thousand.
    terms = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2) for k in range(fewer + 1)
    ]
    return min(1.0, 2 * sum(math.exp(term) for term in terms))


def permutation_p(differences: Sequence[float], *, rounds: int = 10_000, seed: int = 0) -> float:
    """Two-sided p of a mean difference of pairs by turning signs at random (Fisher 1935; Good 2005, ch. 3)."""
    values = np.asarray([value for value in differences if value], dtype=float)
    if not len(values):
        return 1.0
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(rounds, len(values)))
    seen = np.abs(signs @ values) >= abs(values.sum()) - 1e-12
    return float((seen.sum() + 1) / (rounds + 1))


def clustered_p(differences: Sequence[float], clusters: Sequence[str], *, rounds: int = 10_000, seed: int = 0) -> float:
    """As `permutation_p`, turning the signs of whole clusters: what belongs together is alike, and counts together."""
    totals = _totals(differences, clusters)[0]
    return permutation_p(list(totals), rounds=rounds, seed=seed)


def clustered_interval(
    differences: Sequence[float], clusters: Sequence[str], *, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of the mean by drawing whole clusters (cluster bootstrap; Davison & Hinkley 1997, §3.8)."""
    totals, sizes = _totals(differences, clusters)
    if not len(totals):
        return float("nan"), float("nan")
    picks = np.random.default_rng(seed).integers(0, len(totals), size=(resamples, len(totals)))
    low, high = np.quantile(totals[picks].sum(axis=1) / sizes[picks].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _totals(differences: Sequence[float], clusters: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    _, places = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    totals = np.bincount(places, weights=np.asarray(differences, dtype=float))
    return np.asarray(totals, dtype=np.float64), np.asarray(np.bincount(places), dtype=np.float64)


def holm(ps: Sequence[float]) -> list[float]:
    """The p values of several questions asked at once, so raised that the first error keeps its rate (Holm 1979)."""
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    raised, highest = [1.0] * len(ps), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        raised[place] = highest
    return raised


def kappa(first: Sequence[object], second: Sequence[object]) -> float | None:
    """Agreement of two raters beyond chance (Cohen 1960); None without pairs, or where both always say the same one."""
    n = len(first)
    if not n:
        return None
    seen = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = sum((list(first).count(value) / n) * (list(second).count(value) / n) for value in set(first) | set(second))
    return None if chance == 1 else (seen - chance) / (1 - chance)


def shares_differ(successes: int, n: int, others: int, m: int, *, z: float = 1.96) -> bool:
    """Whether two shares differ by a pooled two-proportion z-test, two-sided; False where one has no trials."""
    if not n or not m:
        return False
    pooled = (successes + others) / (n + m)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return error > 0 and abs(successes / n - others / m) / error > z
