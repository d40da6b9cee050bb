"""Embedding as it is served here, beside sentence-transformers' own on torch: one question, many passages, and what
eight-bit weights cost in quality."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.benchmarks import collections as data
from evaluation.benchmarks.collections import TestCollection
from evaluation.benchmarks.report import Options, Section, Table, with_interval
from evaluation.metrics.retrieval import ndcg_at
from ragapp.llm import embedding, model_files

OURS, TORCH = "ragapp (ONNX, 8 bit)", "sentence-transformers (torch, float32)"
ROUNDS, QUICK_ROUNDS = 5, 2
Vectors = NDArray[np.float32]


def run(options: Options) -> Section:
    """Both sides in one process on the same texts, turn by turn; medians."""
    collection = data.scifact(options.data)
    torch = _torch()
    embedding.warm_up()
    torch("warm up")
    questions = [asked.text for asked in collection.questions]
    one = _one_question(questions[: 10 if options.is_quick else 60], torch)
    bulk = _many(list(collection.documents.values())[: 24 if options.is_quick else 96], torch, options)
    ndcg = _quality(_part(collection, options), torch)
    lost = [ours - theirs for ours, theirs in zip(ndcg[OURS], ndcg[TORCH], strict=True)]
    return Section(
        name="embed",
        tables=(
            Table(
                caption="one question while the other core is busy, milliseconds",
                header=("", "p50", "p95", "times faster at p50"),
                rows=tuple(
                    (
                        name,
                        *(f"{np.percentile(ms, at):.1f}" for at in (50, 95)),
                        f"{median(one[TORCH]) / median(ms):.1f}",
                    )
                    for name, ms in one.items()
                ),
            ),
            Table(
                caption="abstracts of about 200 words, cut at 256 word pieces",
                header=("", "a second, median", "lowest and highest round"),
                rows=tuple(
                    (name, f"{median(rates):.1f}", f"{min(rates):.1f} to {max(rates):.1f}")
                    for name, rates in bulk.items()
                ),
            ),
            Table(
                caption=f"nDCG@10 of exact search, {collection.name}, {len(lost)} questions",
                header=("", "nDCG@10"),
                rows=(
                    *((name, with_interval(scores)) for name, scores in ndcg.items()),
                    ("difference, question by question", with_interval(lost, digits=4)),
                ),
            ),
        ),
        figures={
            "question ms p50": {name: median(ms) for name, ms in one.items()},
            "passages per second": {name: median(rates) for name, rates in bulk.items()},
            "bulk ratio": median(bulk[OURS]) / median(bulk[TORCH]),
            "ndcg@10": {name: float(np.mean(scores)) for name, scores in ndcg.items()},
            "ndcg@10 difference": float(np.mean(lost)),
        },
    )


def _torch() -> Callable[[str | Sequence[str]], Vectors]:
    """The same model as its authors' library runs it, with its own defaults for batches and threads."""
    # All cores, as by default; read when torch is imported, which happens here.
    os.environ["OMP_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
    from sentence_transformers import SentenceTransformer

    model: Any = SentenceTransformer(
        str(model_files.locate(model_files.PACKAGED_NAME).folder), device="cpu", local_files_only=True
    )

    def embed(texts: str | Sequence[str]) -> Vectors:
        vectors: Vectors = model.encode(
            texts if isinstance(texts, str) else list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    return embed


def _one_question(questions: Sequence[str], torch: Callable[[str], Vectors]) -> dict[str, list[float]]:
    ms: dict[str, list[float]] = {OURS: [], TORCH: []}
    with _busy_core():
        for question in questions:
            ms[OURS].append(_ms(lambda: embedding.embed_passages([question], threads=1)))  # noqa: B023 - called at once
            ms[TORCH].append(_ms(lambda: torch(question)))  # noqa: B023
    return ms


def _many(texts: Sequence[str], torch: Callable[[Sequence[str]], Vectors], options: Options) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {OURS: [], TORCH: []}
    for _ in range(QUICK_ROUNDS if options.is_quick else ROUNDS):
        rates[OURS].append(1000 * len(texts) / _ms(lambda: embedding.embed_passages(texts)))
        rates[TORCH].append(1000 * len(texts) / _ms(lambda: torch(texts)))
    return rates


def _quality(collection: TestCollection, torch: Callable[[Sequence[str]], Vectors]) -> Mapping[str, list[float]]:
    """nDCG@10 of each question by exact cosine over whole abstracts."""
    names = list(collection.documents)
    questions = [asked.text for asked in collection.questions]
    scores: dict[str, list[float]] = {}
    for side, embed in ((OURS, embedding.embed_passages), (TORCH, torch)):
        cosines = embed(questions) @ embed(list(collection.documents.values())).T
        scores[side] = [
            ndcg_at(10, [names[at] for at in np.argsort(-row)[:10]], asked.relevant)
            for row, asked in zip(cosines, collection.questions, strict=True)
        ]
    return scores


def _part(collection: TestCollection, options: Options) -> TestCollection:
    """All questions with the abstracts that answer them and 1,500 others: enough to see a loss, in minutes."""
    if options.is_quick:
        return data.sample(collection)
    needed = sorted({name for asked in collection.questions for name in asked.relevant})
    others = [name for name in collection.documents if name not in set(needed)][:1500]
    return TestCollection(
        name=collection.name,
        documents={name: collection.documents[name] for name in [*needed, *others] if name in collection.documents},
        questions=collection.questions,
    )


@contextmanager
def _busy_core() -> Iterator[None]:
    """Another process that computes without a pause."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
