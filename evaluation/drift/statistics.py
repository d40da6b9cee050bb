"""Two windows compared by counts in bins, with a threshold that fits the number of answers (permutation).

Rules of thumb ("PSI above .2") raise alarms in 87 % of windows of 50 answers where nothing changed, and stay silent
for real changes in large ones. Here the labels "now" and "before" are shuffled: how large the statistic becomes by
chance alone, with exactly these counts, is the threshold. An alarm also needs a smallest effect, since in 50,000
answers every trifle is significant.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# False alarms for one window, over all signals that are looked at together.
ALPHA = 0.01
ROUNDS = 9_999
# Below this many values in either window nothing is said.
SMALLEST_N = 200
BINS = 20
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`effect`: the largest distance of the two distributions, 0 to 1. `threshold`: what chance alone reaches in
    1 - alpha of shuffles, or the smallest effect that counts, whichever is larger. `place`: the bin with the largest
    surplus now."""

    n_now: int
    n_before: int
    effect: float
    threshold: float
    p: float
    place: int
    is_drift: bool


def compare(
    now: Counts, before: Counts, *, is_ordered: bool, smallest: float, alpha: float, rounds: int = ROUNDS, seed: int = 0
) -> Comparison | None:
    """Compares counts in the same bins; None with fewer than SMALLEST_N values in a window.

    Ordered bins are compared by the largest distance of their sums up to each bin (Kolmogorov–Smirnov), others by half
    of the summed distances (total variation). Shuffled counts are drawn from the multivariate hypergeometric
    distribution, which is what shuffling the labels of all values does to them (Good 2005, ch. 3); p is
    (1 + as large) / (1 + rounds), so that a true null is rejected in at most alpha of windows.
    """
    n, m = int(now.sum()), int(before.sum())
    if min(n, m) < SMALLEST_N:
        return None
    pooled = now + before
    shuffled = np.random.default_rng(seed).multivariate_hypergeometric(pooled, n, size=rounds, method="marginals")
    effect = float(_distance(now[None, :], pooled, n, m, is_ordered)[0])
    by_chance = _distance(shuffled, pooled, n, m, is_ordered)
    p = (1 + int((by_chance >= effect - 1e-12).sum())) / (1 + rounds)
    threshold = max(smallest, float(np.quantile(by_chance, 1 - alpha, method="higher")))
    return Comparison(
        n_now=n,
        n_before=m,
        effect=effect,
        threshold=threshold,
        p=p,
        place=int(np.argmax(now / n - before / m)),
        is_drift=p <= alpha and effect >= smallest,
    )


def _distance(now: Counts, pooled: Counts, n: int, m: int, is_ordered: bool) -> NDArray[np.float64]:
    differences = now / n - (pooled - now) / m
    if is_ordered:
        largest: NDArray[np.float64] = np.abs(np.cumsum(differences, axis=1)).max(axis=1)
        return largest
    halved: NDArray[np.float64] = np.abs(differences).sum(axis=1) / 2
    return halved


def edges(pooled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner edges of BINS bins that hold about equally many of all values, whichever window they are of."""
    return np.unique(np.quantile(pooled, np.linspace(0, 1, BINS + 1)[1:-1]))


def binned(values: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each value; an edge belongs to the bin above."""
    return np.searchsorted(inner, values, side="right")


def moved(
    now: NDArray[np.float64], before: NDArray[np.float64], *, alpha: float, rounds: int = 999, seed: int = 0
) -> tuple[float, float, float]:
    """How far the mean of vectors moved, as a share of their spread: the effect, its threshold by chance, and p.

    The spread is the root of the mean squared distance from the common mean. Labels are shuffled `rounds` times.
    """
    pooled = np.concatenate([now, before])
    centred = pooled - pooled.mean(axis=0)
    spread = float(np.sqrt((centred**2).sum(axis=1).mean())) or 1.0
    n, total = len(now), len(pooled)
    random = np.random.default_rng(seed)
    labels = np.zeros((rounds + 1, total), dtype=np.float32)
    labels[0, :n] = 1
    labels[1:] = random.permuted(np.broadcast_to(labels[0], (rounds, total)), axis=1)
    # The means of both windows follow from the sum of one, since everything is centred.
    sums = labels @ centred.astype(np.float32)
    distances = np.linalg.norm(sums, axis=1) * (1 / n + 1 / (total - n)) / spread
    effect, by_chance = float(distances[0]), distances[1:]
    p = (1 + int((by_chance >= effect - 1e-9).sum())) / (1 + rounds)
    return effect, float(np.quantile(by_chance, 1 - alpha, method="higher")), p


def topics(vectors: NDArray[np.float64], *, k: int = 12, rounds: int = 25, seed: int = 0) -> NDArray[np.int64]:
    """The topic of each vector (k-means, Lloyd 1982, on unit vectors; first centres spread out as k-means++ does).

    It knows nothing of windows, so counts by topic stay exchangeable between them.
    """
    random = np.random.default_rng(seed)
    k = min(k, len(vectors))
    centres = vectors[[int(random.integers(len(vectors)))]]
    while len(centres) < k:
        far = np.clip(1 - (vectors @ centres.T).max(axis=1), 0, None) + 1e-12
        centres = np.vstack([centres, vectors[random.choice(len(vectors), p=far / far.sum())]])
    found = np.zeros(len(vectors), dtype=np.int64)
    for _ in range(rounds):
        nearest = (vectors @ centres.T).argmax(axis=1)
        if np.array_equal(nearest, found):
            break
        found = nearest
        for place in range(k):
            if (members := vectors[found == place]).size:
                mean = members.mean(axis=0)
                centres[place] = mean / (np.linalg.norm(mean) or 1.0)
    return found
