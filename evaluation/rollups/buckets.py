"""Histograms with fixed edges: those of parts add up to the histogram of the whole, and so do their percentiles.

All measures of one row lie in one vector, one after another, which the database sums (single precision, exact up to
16.7 million answers in a bucket).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Milliseconds: each edge √2 times the one before, 2 ms to 93 s. A percentile read between them is off by at most a
# factor of √2, and by half of that in the middle.
MS = tuple(2 ** (1 + k / 2) for k in range(32))
# US dollars: each edge twice the one before, from a millionth.
USD = tuple(1e-6 * 2**k for k in range(24))
SHARE = tuple(k / 20 for k in range(1, 20))
# Stages of `chat.answering`, those that do one thing together as one; what is not named counts as "other".
STAGES = ("guard", "rewrite", "retrieve", "weigh", "compose", "generate", "cite", "check", "store", "other")
STAGE_OF = {"decide": "weigh", "refuse": "compose", "extract": "generate"}
EDGES: Mapping[str, tuple[float, ...]] = {
    "total": MS,
    **{f"stage:{stage}": MS for stage in STAGES},
    "cost": USD,
    # How sure the site was that the passages hold an answer, 0 to 1.
    "sufficiency": SHARE,
    # Share of an answer's sentences that their sources support.
    "support": SHARE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a measure lies in the vector."""

    start: int
    end: int


def _layout() -> dict[str, Span]:
    spans, start = {}, 0
    for name, edges in EDGES.items():
        spans[name] = Span(start=start, end=start + len(edges) + 1)
        start = spans[name].end
    return spans


SPANS = _layout()
DIMENSIONS = max(span.end for span in SPANS.values())
Counts = NDArray[np.float64]


def places(measure: str, values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
    """The place in the vector at which each of `values` is counted; an edge belongs to the bucket above it."""
    return SPANS[measure].start + np.searchsorted(EDGES[measure], values, side="right")


def counts(vector: Sequence[float] | Counts | None, measure: str) -> Counts:
    """The buckets of one measure."""
    span = SPANS[measure]
    if vector is None:
        return np.zeros(span.end - span.start)
    return np.asarray(vector, dtype=np.float64)[span.start : span.end]


def percentile(vector: Sequence[float] | Counts | None, measure: str, share: float) -> float | None:
    """The value below which `share` of the values lie, read between the edges; None without values.

    Between edges that grow by a factor it is read on the scale of logarithms. What lies outside of all edges is
    given the outermost edge.
    """
    found = counts(vector, measure)
    total = found.sum()
    if not total:
        return None
    edges = EDGES[measure]
    reached = np.cumsum(found)
    bucket = int(np.searchsorted(reached, share * total, side="left"))
    if bucket == 0:
        return edges[0]
    if bucket >= len(edges):
        return edges[-1]
    within = (share * total - reached[bucket - 1]) / found[bucket]
    low, high = edges[bucket - 1], edges[bucket]
    if measure in ("sufficiency", "support"):
        return float(low + within * (high - low))
    return float(low * (high / low) ** within)


def labels(measure: str) -> list[str]:
    """One for each bucket, by its lower edge."""
    unit = "" if measure in ("sufficiency", "support") else " $" if measure == "cost" else " ms"
    edges = EDGES[measure]
    return [f"< {edges[0]:.3g}{unit}", *(f"≥ {edge:.3g}{unit}" for edge in edges)]
