"""Two index versions asked the same questions: how much they agree, which finds better, how fast they are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from documents.indexes.labelled import Labelled
from documents.lineage import questions_asked
from documents.models import IndexVersion
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User
from ragapp.lib.stats import bootstrap_interval

TOP = 10
QUESTIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question with the rights of `reader`. `relevant` maps names of documents to grades; empty: not known."""

    question: str
    reader: User
    relevant: Mapping[str, float] = field(default_factory=dict)
    collection_ids: tuple[int, ...] | None = None


def real_cases(*, limit: int = QUESTIONS) -> list[Case]:
    """What people asked last, each with the rights of whoever asked."""
    replies: list[tuple[Any, Any]] = questions_asked.send(sender=IndexVersion, limit=limit)
    found: list[tuple[str, int]] = [pair for _, pairs in replies for pair in pairs]
    people = User.objects.filter(is_active=True).in_bulk({asker for _, asker in found})
    return [Case(question=text, reader=people[asker]) for text, asker in found[:limit] if asker in people]


def labelled_cases(brought: Iterable[Labelled], *, reader: User, collection_id: int) -> list[Case]:
    """Questions whose documents were imported into a collection, asked with the rights of `reader`."""
    return [
        Case(question=one.question, reader=reader, relevant=one.relevant, collection_ids=(collection_id,))
        for one in brought
    ]


def compare(
    baseline: IndexVersion,
    candidate: IndexVersion,
    cases: Sequence[Case],
    *,
    tell: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Figures, none of them text: overlap of the first ten documents, nDCG@10 where it is known what is right.

    Differences are taken question by question, candidate minus baseline, with 95 % bootstrap intervals. Both are asked
    in turn, so that what slows the machine slows both. `tell` hears how many questions are done.
    """
    overlap: list[float] = []
    scores: dict[int, list[float]] = {baseline.pk: [], candidate.pk: []}
    ms: dict[int, list[float]] = {baseline.pk: [], candidate.pk: []}
    for number, case in enumerate(cases):
        found: dict[int, list[str]] = {}
        for index in (baseline, candidate) if number % 2 else (candidate, baseline):
            query = Query(text=case.question, top_k=TOP, index_version_id=index.pk, collection_ids=case.collection_ids)
            started = time.perf_counter()
            hits = search(query, reader=case.reader).hits
            ms[index.pk].append((time.perf_counter() - started) * 1000)
            found[index.pk] = list(dict.fromkeys(hit.path for hit in hits))
            if case.relevant:
                scores[index.pk].append(ndcg(found[index.pk], case.relevant))
        one, other = set(found[baseline.pk]), set(found[candidate.pk])
        overlap.append(len(one & other) / max(len(one), len(other)) if one or other else 1.0)
        tell(number + 1)
    gains = [new - old for old, new in zip(scores[baseline.pk], scores[candidate.pk], strict=True)]
    return {
        "questions": len(cases),
        "labelled": len(gains),
        "overlap@10": _mean(overlap),
        "ndcg@10": [_mean(scores[baseline.pk]), _mean(scores[candidate.pk])],
        "difference": _mean(gains),
        "ms p50": [float(np.median(ms[index.pk])) if cases else None for index in (baseline, candidate)],
    }


def ndcg(paths: Sequence[str], relevant: Mapping[str, float]) -> float:
    """nDCG@10 with linear gain (Järvelin & Kekäläinen 2002); documents are known by path, with or without suffix."""
    gains = [relevant.get(path, relevant.get(str(PurePosixPath(path).with_suffix("")), 0.0)) for path in paths[:TOP]]
    best = sorted(relevant.values(), reverse=True)[:TOP]
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def _mean(values: Sequence[float]) -> dict[str, float] | None:
    """None when there is nothing to take the mean of."""
    if not values:
        return None
    low, high = bootstrap_interval(values)
    return {"mean": sum(values) / len(values), "low": low, "high": high}
