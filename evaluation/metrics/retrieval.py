"""Measures of a ranked list of document names. Definitions: Järvelin & Kekäläinen 2002 (nDCG), Voorhees 1999 (MRR)."""

import math
from collections.abc import Mapping, Sequence


def first_of_each(ranked: Sequence[str]) -> list[str]:
    """Documents in order of their best passage, each once."""
    return list(dict.fromkeys(ranked))


def recall_at(k: int, ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
    """The share of relevant documents among the first `k`; 0 to 1. Raises ValueError without relevant documents."""
    if not relevant:
        raise ValueError("recall needs at least one relevant document")
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def hit_at(k: int, ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
    """1 when any relevant document is among the first `k`, else 0."""
    return float(bool(set(ranked[:k]) & set(relevant)))


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
    """1 / the rank of the first relevant document; 0 when there is none."""
    return next((1 / rank for rank, name in enumerate(ranked, 1) if name in relevant), 0.0)


def ndcg_at(k: int, ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
    """Discounted gain (linear, log2) of the first `k` against the best possible order; 0 to 1."""

    def gain(grades: Sequence[float]) -> float:
        return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))

    best = gain(sorted(relevant.values(), reverse=True)[:k])
    return gain([relevant.get(name, 0.0) for name in ranked[:k]]) / best if best else 0.0


def precision_at(k: int, ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
    """The share of the first `k` that is relevant (Manning, Raghavan & Schütze 2008, §8.4)."""
    return len(set(ranked[:k]) & set(relevant)) / k
