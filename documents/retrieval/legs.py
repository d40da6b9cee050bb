"""Both legs of a search in one statement: what either finds is scored by both before it leaves the database.

Each answer costs the asker one round trip. Where no right has to be resolved first, the statement is also planned once
for each connection; else it is planned for the rights of the day, which decide what is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from documents.models import IndexVersion
from documents.retrieval.readable import Readable
from ragapp.lib import prepared

# The question, which the legs read from here: its vector, and the weights of its words.
VECTOR, WORDS = "(SELECT vector FROM question)", "(SELECT words FROM question)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A query for the ids of chunks and their scores, best first."""

    sql: str
    parameters: tuple[object, ...]
    resolves_rights: bool = False  # it reads `readable (id)`, which is resolved before it
    settings: tuple[str, ...] = ()  # SQL that is run before it, of this statement alone


def known(scores: Mapping[int, float]) -> Leg:
    """What a leg found before, to be scored by the other one."""
    return Leg(
        sql="SELECT * FROM unnest(%s::bigint[], %s::float8[])",
        parameters=(prepared.numbers(scores), list(scores.values())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Chunks by id, with what each leg found and with the scores of all that either did, as far as they have one."""

    by_meaning: dict[int, float]
    by_words: dict[int, float]
    cosines: dict[int, float]
    weights: dict[int, float]


def find(
    *,
    index: IndexVersion,
    readable: Readable,
    dense: Leg | None,
    lexical: Leg | None,
    vector: NDArray[np.float32] | None,
    words: str | None,
) -> Found:
    """What the legs find. A leg that is left out finds nothing; `vector` and `words` score what the other one found."""
    sql, parameters = statement(
        index=index, readable=readable, dense=dense, lexical=lexical, vector=vector, words=words
    )
    if any(leg is not None and leg.resolves_rights for leg in (dense, lexical)):
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
    else:
        rows = prepared.rows(sql, parameters)
    return Found(
        by_meaning={at: cosine for at, cosine, _, is_near, _ in rows if is_near},
        by_words={at: weight for at, _, weight, _, is_said in rows if is_said},
        cosines={at: cosine for at, cosine, *_ in rows if cosine is not None},
        weights={at: weight for at, _, weight, *_ in rows if weight is not None},
    )


def statement(
    *,
    index: IndexVersion,
    readable: Readable,
    dense: Leg | None,
    lexical: Leg | None,
    vector: NDArray[np.float32] | None,
    words: str | None,
) -> tuple[str, list[Any]]:
    """The SQL of `find`, and its parameters."""
    legs = [leg for leg in (dense, lexical) if leg is not None]
    asked = ["%s::halfvec AS vector", "%s::sparsevec AS words", *(line for leg in legs for line in leg.settings)]
    # Materialised: otherwise its settings would be made again wherever it is read, and each read would parse it anew.
    clauses = [f"question AS MATERIALIZED (SELECT {', '.join(asked)})"]
    parameters: list[Any] = [None if vector is None else _text(vector), words]
    if any(leg.resolves_rights for leg in legs):
        # First of all: the planner cannot know how few documents a right names, and would rather rank everything.
        clauses.append(f"readable (id) AS MATERIALIZED ({readable.sql})")
        parameters += readable.parameters
    for name, leg in (("dense", dense), ("lexical", lexical)):
        clauses.append(f"{name} (chunk_id, score) AS MATERIALIZED ({leg.sql if leg else _NOTHING})")
        parameters += leg.parameters if leg else ()
    same = f"WHERE other.chunk_id = found.chunk_id AND other.index_version_id = {index.pk:d}"
    sql = f"""
        WITH {", ".join(clauses)},
        found AS (
            SELECT chunk_id, dense.score AS cosine, lexical.score AS weight
            FROM dense FULL JOIN lexical USING (chunk_id)
        )
        SELECT chunk_id,
            coalesce(cosine, (SELECT 1 - (embedding <=> {VECTOR}) FROM documents_chunkembedding AS other {same})),
            coalesce(weight, (SELECT -(weights <#> {WORDS}) FROM documents_chunklexemes AS other {same})),
            cosine IS NOT NULL, weight IS NOT NULL
        FROM found
        """  # noqa: S608 - the id is an integer, and the query for versions is SQL that Django wrote
    return sql, parameters


_NOTHING = "SELECT 0::bigint, 0::float8 WHERE false"


def ordered(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """The ids with their scores, best first; at the same score the smaller id."""
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _text(vector: NDArray[np.float32]) -> str:
    # More digits than half precision holds.
    return f"[{','.join([f'{value:.6g}' for value in vector.tolist()])}]"
