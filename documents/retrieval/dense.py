"""The dense leg: nearest vectors among the readable chunks.

HNSW filters after it has scanned, so that a narrow right would leave few rows or none, and the planner does not see
that. The choice is made here: exact comparison of all readable vectors while they are few, or too small a share of all
to be met on a walk through the index; else the index with an iterative scan.
"""

from __future__ import annotations

import numpy as np
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from documents.models import IndexVersion
from documents.retrieval.legs import VECTOR, Leg, find, ordered
from documents.retrieval.readable import RESOLVED, Readable

# Rows in view on a walk through the index: more in a larger one, up to what pgvector takes; fewer where more were in
# view when it was made (docs/benchmarks.md).
EF_SEARCH, EF_SEARCH_MOST = 200, 1000
ROWS_PER_EF = {64: 250, 128: 400, 200: 750}
# From so many passages on a graph is made with more in view. To make it takes twice as long.
LARGE = 50_000
# So many are compared as fast as the index is walked; more only where that walk would pass mostly what is not readable.
FEW, SHARE = 5_000, 0.3


def nearest(
    vector: NDArray[np.float32],
    *,
    index: IndexVersion,
    readable: Readable,
    limit: int,
    readable_chunks: int,
    exact_limit: int,
) -> list[tuple[int, float]]:
    """The `limit` readable chunks most like `vector`: (chunk id, cosine), best first.

    About how many are readable (counted up to `exact_limit` + 1) decides how they are found. Never fewer than there
    are.
    """
    if compares_all(readable_chunks, of=index.chunk_count, exact_limit=exact_limit):
        return exact(vector, index=index, readable=readable, limit=limit)
    found = approximate(vector, index=index, readable=readable, limit=limit)
    if len(found) < limit:
        return exact(vector, index=index, readable=readable, limit=limit)
    return found


def is_most(readable_chunks: int, *, of: int, exact_limit: int) -> bool:
    """Whether many of the passages that a search meets are readable; they are counted up to `exact_limit` + 1 only."""
    return readable_chunks >= min(SHARE * of, exact_limit + 1)


def compares_all(readable_chunks: int, *, of: int, exact_limit: int) -> bool:
    """Whether every readable vector is compared, of an index of so many."""
    few = FEW if is_most(readable_chunks, of=of, exact_limit=exact_limit) else exact_limit
    return readable_chunks <= min(few, exact_limit)


def exact(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int
) -> list[tuple[int, float]]:
    """Compare every readable vector."""
    return _alone(vector, index=index, readable=readable, limit=limit, compares_all=True)


def approximate(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int
) -> list[tuple[int, float]]:
    """Walk the HNSW index until `limit` readable chunks were met, or its bound on visited rows."""
    return _alone(vector, index=index, readable=readable, limit=limit, compares_all=False)


def leg(*, index: IndexVersion, readable: Readable, limit: int, compares_all: bool) -> Leg:
    """The query for the `limit` chunks nearest to the question: by comparing all, or on a walk through the index."""
    return _exact(index, limit) if compares_all else _approximate(index, readable, limit)


def _exact(index: IndexVersion, limit: int) -> Leg:
    """Version by version: the planner might read the vectors of everybody to find those of a few."""
    sql = f"""
        SELECT near.chunk_id, near.cosine FROM readable CROSS JOIN LATERAL (
            SELECT chunk_id, 1 - (embedding <=> {VECTOR}) AS cosine FROM documents_chunkembedding
            WHERE version_id = readable.id AND index_version_id = {index.pk:d} OFFSET 0
        ) AS near
        ORDER BY near.cosine DESC, near.chunk_id LIMIT %s
        """  # noqa: S608 - the id is an integer
    return Leg(sql=sql, parameters=(limit,), resolves_rights=True)


def _approximate(index: IndexVersion, readable: Readable, limit: int) -> Leg:
    """Cast, id and dimensions are written as in its definition (migration 0002)."""
    is_readable, parameters = (readable.of_row, readable.parameters) if readable.is_by_document else (RESOLVED, ())
    sql = f"""
        SELECT chunk_id, 1 - (embedding <=> {VECTOR}) AS cosine
        FROM documents_chunkembedding
        WHERE index_version_id = {index.pk:d} AND {is_readable}
        ORDER BY embedding::halfvec({index.dimensions:d}) <=> {VECTOR} LIMIT %s
        """  # noqa: S608 - id and dimensions are integers, and the query for versions is SQL that Django wrote
    return Leg(
        sql=sql,
        parameters=(*parameters, limit),
        resolves_rights=not readable.is_by_document,
        settings=(
            f"set_config('hnsw.ef_search', '{ef_search(index.chunk_count, index.ef_construction):d}', true)",
            # Scan on until enough rows survive the filter.
            "set_config('hnsw.iterative_scan', 'relaxed_order', true)",
        ),
    )


def ef_construction(passages: int) -> int:
    """How many rows are in view when the index of so many passages is made."""
    return 200 if passages >= LARGE else 128


def ef_search(passages: int, made_with: int) -> int:
    """How many rows a walk keeps in view through an index of so many passages, made with that `ef_construction`."""
    return max(EF_SEARCH, min(EF_SEARCH_MOST, passages // ROWS_PER_EF.get(made_with, ROWS_PER_EF[64])))


def prefer_the_index(cursor: CursorWrapper, *, index: IndexVersion) -> None:
    """Settings of this transaction: scan on until enough rows survive the filter, and do not sort instead."""
    rows = ef_search(index.chunk_count, index.ef_construction)
    cursor.execute(
        f"SET LOCAL hnsw.ef_search = {rows}; SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL enable_sort = off"
    )


def _alone(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int, compares_all: bool
) -> list[tuple[int, float]]:
    alone = leg(index=index, readable=readable, limit=limit, compares_all=compares_all)
    found = find(index=index, readable=readable, dense=alone, lexical=None, vector=vector, words=None)
    return ordered(found.by_meaning)
