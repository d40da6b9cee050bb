"""Advice on an index version: how large it is, how right its dense search is, and what to change at which size."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from documents.indexes import comparing, sizes
from documents.models import Chunk, ChunkEmbedding, DocumentVersion, IndexVersion
from documents.retrieval import dense
from documents.retrieval.readable import Readable, count_chunks
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

SHARES = (0.01, 0.1, 1.0)
SAMPLE, TOP = 30, 10
GOOD_RECALL = 0.99
M = 16  # pgvector's default
PARTITIONS_FROM = 5_000_000


def advise(index: IndexVersion, *, seed: int = 0) -> dict[str, Any]:
    """Figures and sentences, none of them text of documents. Reads the index as a whole: nobody's rights are tried."""
    found = sizes.sizes_of(index)
    memory = _memory()
    recall = _recall(index, random.Random(seed)) if found.chunks else []
    return {
        "chunks": found.chunks,
        "bytes": {
            "passages": found.passages,
            "vectors": found.vectors,
            "meanings": found.meanings,
            "lexemes": found.lexemes,
            "hnsw": found.hnsw,
            "gin": found.gin,
            "total": found.total,
        },
        "recall": recall,
        "parameters": {
            "m": M,
            "ef_construction": index.ef_construction,
            "ef_search": dense.ef_search(index.chunk_count, index.ef_construction),
            "exact_limit": settings.EXACT_SEARCH_LIMIT,
            **memory,
        },
        "working_set": found.hnsw + found.gin + found.lexemes,
        "advice": _advice(found, memory, [one["recall"] for one in recall], made_with=index.ef_construction),
    }


def _recall(index: IndexVersion, dice: random.Random) -> list[dict[str, Any]]:
    """Recall@10 against exact search where a random share of the documents may be read."""
    vectors = _questions(index, dice)
    versions = list(
        DocumentVersion.objects.filter(chunks__index_version=index, pk__in=_current())
        .distinct()
        .values_list("pk", flat=True)
    )
    measured = []
    for share in SHARES:
        chosen = versions if share == 1.0 else dice.sample(versions, max(1, round(share * len(versions))))
        readable = Readable(sql="SELECT unnest(%s::bigint[])", parameters=(chosen,), is_by_document=False)
        allowed = count_chunks(readable, index=index, at_most=settings.EXACT_SEARCH_LIMIT + 1)
        hits = [_hit_rate(vector, index, readable, allowed) for vector in vectors]
        measured.append(
            {
                "share": share,
                "recall": float(np.mean(hits)) if hits else None,
                "questions": len(hits),
                "is_exact": dense.compares_all(allowed, of=index.chunk_count, exact_limit=settings.EXACT_SEARCH_LIMIT),
            }
        )
    return measured


def _hit_rate(vector: NDArray[np.float32], index: IndexVersion, readable: Readable, allowed: int) -> float:
    served = dense.nearest(
        vector,
        index=index,
        readable=readable,
        limit=TOP,
        readable_chunks=allowed,
        exact_limit=settings.EXACT_SEARCH_LIMIT,
    )
    true = dense.exact(vector, index=index, readable=readable, limit=TOP)
    return sum(cosine >= true[-1][1] - 1e-6 for _, cosine in served) / len(true) if true else 1.0


def _questions(index: IndexVersion, dice: random.Random) -> list[NDArray[np.float32]]:
    """Vectors of questions that people asked; of passages of the index where there are too few."""
    vectors: list[NDArray[np.float32]] = []
    try:
        vectors = [embedding.embed_query(case.question, index.embedder) for case in comparing.real_cases(limit=SAMPLE)]
    except EmbeddingModelError:
        vectors = []
    if (left := SAMPLE - len(vectors)) > 0:
        bounds = Chunk.objects.filter(index_version=index).order_by("pk").values_list("pk", flat=True)
        first, last = bounds.first() or 0, bounds.last() or 0
        picked = [dice.randint(first, last) for _ in range(4 * left)]
        rows = ChunkEmbedding.objects.filter(index_version=index, pk__in=picked).values_list("embedding", flat=True)
        vectors += [np.asarray(row, dtype=np.float32) for row in rows[:left]]
    return vectors


def _current() -> Any:
    return DocumentVersion.objects.filter(document__current_version__isnull=False).values("document__current_version")


def _memory() -> dict[str, int]:
    """Bytes that PostgreSQL keeps pages in, and believes the system keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_bytes(current_setting('shared_buffers')),"
            " pg_size_bytes(current_setting('effective_cache_size'))"
        )
        shared, cached = cursor.fetchone()
    return {"shared_buffers": int(shared), "effective_cache_size": int(cached)}


def _advice(found: sizes.Sizes, memory: dict[str, int], recall: list[float | None], *, made_with: int) -> list[str]:
    said = []
    needed = found.hnsw + found.gin + found.lexemes
    if is_exact := dense.compares_all(found.chunks, of=found.chunks, exact_limit=settings.EXACT_SEARCH_LIMIT):
        said.append(f"With {found.chunks:,} passages every search compares exactly. Nothing to change.")
    if any(one is not None and one < GOOD_RECALL for one in recall):
        said.append(
            "The index misses more than one in a hundred of the nearest passages. Raise RAGAPP_EXACT_SEARCH_LIMIT if"
            " searches are fast enough."
        )
    if not is_exact and made_with < (better := dense.ef_construction(found.chunks)):
        said.append(
            f"The index was made with ef_construction {made_with}, when there were fewer passages or by an earlier"
            f" release. Build a new one and switch to it: it is made with {better}, finds more and is searched faster."
        )
    if needed > memory["shared_buffers"]:
        said.append(
            f"The search indexes and lexical rows take {needed / 2**20:,.0f} MB, and shared_buffers is"
            f" {memory['shared_buffers'] / 2**20:,.0f} MB. Set it to at least that, up to a quarter of the memory."
        )
    if found.chunks > PARTITIONS_FROM:
        said.append("Put PostgreSQL on a machine of its own, and cut the vectors to fewer dimensions.")
    return said or ["Nothing needs to be changed at this size."]
