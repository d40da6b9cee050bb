"""Two ranked lists become one."""

from __future__ import annotations

from collections.abc import Mapping

# Of the sum of both normalised scores; chosen by measurement (docs/benchmarks.md).
DENSE_WEIGHT = 0.6
RRF_CONSTANT = 60


def by_score(
    dense: Mapping[int, float], lexical: Mapping[int, float], *, dense_weight: float = DENSE_WEIGHT
) -> list[tuple[int, float]]:
    """Chunk ids with the weighted sum of their scores, each leg's stretched to 0..1; best first.

    Both legs should score every chunk that either found: one without a score counts as the worst there. Ties are
    broken by chunk id.
    """
    meant, said, lexical_weight = _stretched(dense), _stretched(lexical), 1 - dense_weight
    ids = dense.keys() | lexical.keys()
    return _ordered({at: dense_weight * meant.get(at, 0.0) + lexical_weight * said.get(at, 0.0) for at in ids})


def by_rank(dense: Mapping[int, float], lexical: Mapping[int, float]) -> list[tuple[int, float]]:
    """Chunk ids by reciprocal rank fusion: scores are not compared, only places; best first."""
    total: dict[int, float] = {}
    for leg in (dense, lexical):
        for at, rank in ranks(leg).items():
            total[at] = total.get(at, 0.0) + 1 / (RRF_CONSTANT + rank)
    return _ordered(total)


def ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """The place of each chunk id, from 1."""
    return {at: place for place, (at, _) in enumerate(_ordered(scores), start=1)}


def _stretched(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {at: (score - low) / (high - low) for at, score in scores.items()}


def _ordered(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
