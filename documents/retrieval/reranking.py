"""The order of the best candidates by a model that reads question and passage together, where the site has one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from documents.retrieval.passages import Found
from ragapp.llm import rerank


def reranked(question: str, found: Sequence[Found]) -> list[Found]:
    """`found` with those that the model had time for in front, by its scores; as it is without a model."""
    reranker = rerank.load(settings.RERANKER_MODEL)
    if reranker is None or not found:
        return list(found)
    texts = [f"{one.hit.title}\n{one.hit.heading_path}\n{one.hit.text}" for one in found]
    scores = rerank.within_budget(
        reranker, question, texts, budget_ms=settings.RERANK_BUDGET_MS, clock_s=time.monotonic
    )
    read = [
        replace(one, hit=replace(one.hit, scores={**one.hit.scores, "rerank": score}))
        for one, score in zip(found, scores, strict=False)
    ]
    # The sort is stable: at the same score the fused order stays.
    return [*sorted(read, key=lambda one: -one.hit.scores["rerank"]), *found[len(read) :]]
