"""The dense leg: nearest vectors among the readable chunks.

HNSW filters after it has scanned, so that a narrow right would leave few rows or none, and the planner does not see
that. The choice is made here: exact comparison of all readable vectors while they are few, or too small a share of all
to be met on a walk through the index; else the index with an iterative scan.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from documents.models import IndexVersion
from documents.retrieval.readable import Readable
from ragapp.lib import prepared

# Rows in view on a walk through the index: more in a larger one, up to what pgvector takes (docs/benchmarks.md).
EF_SEARCH, EF_SEARCH_MOST, ROWS_PER_EF = 200, 1000, 250
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
    sql, parameters = exact_sql(vector, index=index, readable=readable, limit=limit)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return _ordered(cursor.fetchall())


def approximate(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int
) -> list[tuple[int, float]]:
    """Walk the HNSW index until `limit` readable chunks were met, or its bound on visited rows."""
    sql, parameters = approximate_sql(vector, index=index, readable=readable, limit=limit)
    with transaction.atomic(), connection.cursor() as cursor:
        prefer_the_index(cursor, of=index.chunk_count)
        cursor.execute(sql, parameters)
        return _ordered(cursor.fetchall())


def cosines(vector: NDArray[np.float32], chunk_ids: Iterable[int], *, index: IndexVersion) -> dict[int, float]:
    """The cosine of each of these chunks with `vector`, whether or not it was found."""
    if not (wanted := list(chunk_ids)):
        return {}
    return dict(
        prepared.rows(
            "SELECT chunk_id, 1 - (embedding <=> %s::halfvec) FROM documents_chunkembedding"
            " WHERE chunk_id = ANY(%s::bigint[]) AND index_version_id = %s::bigint",
            [_text(vector), prepared.numbers(wanted), index.pk],
        )
    )


def exact_sql(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int
) -> tuple[str, list[Any]]:
    """The exact query. It orders by the cosine, not by the distance that the index is on: it cannot be taken."""
    sql = f"""
        {readable.first}
        SELECT chunk_id, 1 - (embedding <=> %s::halfvec) AS cosine
        FROM documents_chunkembedding
        WHERE index_version_id = {index.pk:d} AND version_id IN (SELECT id FROM readable)
        ORDER BY cosine DESC LIMIT %s
        """  # noqa: S608 - the id is an integer, and the query for versions is SQL that Django wrote
    return sql, [*readable.parameters, _text(vector), limit]


def approximate_sql(
    vector: NDArray[np.float32], *, index: IndexVersion, readable: Readable, limit: int
) -> tuple[str, list[Any]]:
    """The query for the index: cast, id and dimensions are written as in its definition (migration 0002)."""
    column = f"embedding::halfvec({index.dimensions:d})"
    sql = f"""
        SELECT chunk_id, 1 - ({column} <=> %s::halfvec({index.dimensions:d})) AS cosine
        FROM documents_chunkembedding
        WHERE index_version_id = {index.pk:d} AND {readable.of_row}
        ORDER BY {column} <=> %s::halfvec({index.dimensions:d}) LIMIT %s
        """  # noqa: S608 - id and dimensions are integers, and the query for versions is SQL that Django wrote
    return sql, [_text(vector), *readable.parameters, _text(vector), limit]


def ef_search(passages: int) -> int:
    """How many rows a walk through an index of so many passages keeps in view."""
    return max(EF_SEARCH, min(EF_SEARCH_MOST, passages // ROWS_PER_EF))


def prefer_the_index(cursor: CursorWrapper, *, of: int) -> None:
    """Settings of this transaction: scan on until enough rows survive the filter, and do not sort instead.

    `of`: how many passages the index holds.
    """
    cursor.execute(
        f"SET LOCAL hnsw.ef_search = {ef_search(of)}; SET LOCAL hnsw.iterative_scan = relaxed_order;"
        " SET LOCAL enable_sort = off"
    )


def _ordered(rows: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _text(vector: NDArray[np.float32]) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
