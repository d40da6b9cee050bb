"""The lexical leg: textbook BM25 in PostgreSQL.

Each chunk stores its terms' BM25 weights as a sparse vector over hashed lexemes, a question becomes a sparse vector of
inverse document frequencies, and their inner product is the BM25 score (Lucene's variant: k1 1.5, b 0.75, idf that is
never negative). Statistics are those of the whole index version, whoever asks: they change the order of passages that
the asker may read, and show nothing of the others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.db import connection
from pgvector import SparseVector

from documents.models import IndexVersion
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval.readable import Readable
from ragapp.lib import prepared

K1, B = 1.5, 0.75
# Candidates come from the rarest lexemes until so many rows, or this share of all, may hold one of them.
CANDIDATE_ROWS = 2_000
CANDIDATE_SHARE = 0.02
FEWEST_LEXEMES = 2


def dimension(lexeme: str) -> int:
    """The dimension of a lexeme, from 0: the same in every process and release."""
    return int.from_bytes(blake2b(lexeme.encode(), digest_size=8).digest()) % LEXEME_DIMENSIONS


def weights(counts: Mapping[str, int], *, length: int, average_length: float) -> dict[int, float]:
    """The BM25 weight of each lexeme in a chunk of `length` lexemes, by dimension: tf / (tf + K)."""
    saturation = _saturation(length, average_length)
    by_dimension: Counter[int] = Counter()
    for lexeme, count in counts.items():
        by_dimension[dimension(lexeme)] += count
    return {at: count / (count + saturation) for at, count in by_dimension.items()}


def reweighted(old: Mapping[int, float], *, length: int, old_average: float, new_average: float) -> dict[int, float]:
    """The weights for another average length: the counts are recovered from the old weights."""
    before, after = _saturation(length, old_average), _saturation(length, new_average)
    counts = {at: round(weight * before / (1 - weight)) for at, weight in old.items()}
    return {at: count / (count + after) for at, count in counts.items()}


def idf(chunks_with: int, chunks: int) -> float:
    """Lucene's inverse document frequency. A lexeme without statistics is taken to occur once."""
    seen = min(max(chunks_with, 1), max(chunks, 1))
    return math.log(1 + (max(chunks, 1) - seen + 0.5) / (seen + 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The lexemes of a question: in how many chunks each is (those without statistics left out), and its vector."""

    lexemes: tuple[str, ...]
    seen: Mapping[str, int]
    vector: str


def weighed(counts: Mapping[str, float], *, index: IndexVersion) -> Terms:
    """The lexemes of a question with their inverse document frequencies in `index`."""
    return weighed_all([counts], index=index)[0]


def weighed_all(questions: Sequence[Mapping[str, float]], *, index: IndexVersion) -> list[Terms]:
    """`weighed` of several questions, at the price of one."""
    wanted = list({lexeme for counts in questions for lexeme in counts})
    all_seen = dict(
        prepared.rows(
            "SELECT lexeme, chunks FROM documents_lexemefrequency"
            " WHERE index_version_id = %s::bigint AND lexeme = ANY(%s::text[])",
            [index.pk, wanted],
        )
    )
    found = []
    for counts in questions:
        seen = {lexeme: all_seen[lexeme] for lexeme in counts if lexeme in all_seen}
        total = {dimension(lexeme): 0.0 for lexeme in counts}
        for lexeme, count in counts.items():
            total[dimension(lexeme)] += count * idf(seen.get(lexeme, 1), index.chunk_count)
        vector = SparseVector(total, LEXEME_DIMENSIONS).to_text()
        found.append(Terms(lexemes=tuple(counts), seen=seen, vector=vector))
    return found


def best(
    terms: Terms,
    *,
    index: IndexVersion,
    readable: Readable,
    limit: int,
    is_most_readable: bool = False,
    is_little_readable: bool = False,
) -> list[tuple[int, float]]:
    """The `limit` chunks that may answer with the highest BM25 scores: (chunk id, score), best first.

    How much is readable says how to look. Rights are asked row by row, best first, where few rows will fail; else
    first. Where few chunks are readable all lexemes are looked for at once.
    """
    if not terms.lexemes:
        return []
    chosen = list(terms.lexemes)
    if not is_little_readable:
        chosen = rarest(terms.lexemes, terms.seen, chunks=index.chunk_count)
    matching = _among_all if is_most_readable else _among_readable
    found = matching(chosen, terms.vector, index=index, readable=readable, limit=limit)
    if len(found) < limit and len(chosen) < len(terms.lexemes):
        # What the asker may read holds too few of the rare lexemes: look for all of them.
        found = matching(terms.lexemes, terms.vector, index=index, readable=readable, limit=limit)
    return found


def rarest(terms: Iterable[str], seen: Mapping[str, int], *, chunks: int) -> list[str]:
    """The rarest of `terms` until the rows that may hold one reach the limit, two at least.

    Terms without statistics are always among them: they are new, or in no passage at all.
    """
    most = max(CANDIDATE_ROWS, CANDIDATE_SHARE * chunks)
    chosen = [term for term in terms if term not in seen]
    rows = 0
    by_frequency = sorted((term for term in terms if term in seen), key=lambda term: (seen[term], term))
    for number, term in enumerate(by_frequency):
        if number >= FEWEST_LEXEMES and rows + seen[term] > most:
            break
        chosen.append(term)
        rows += seen[term]
    return chosen


def scores(terms: Terms, chunk_ids: Iterable[int]) -> dict[int, float]:
    """The BM25 score of each of these chunks, whether or not it was found."""
    if not terms.lexemes or not (wanted := list(chunk_ids)):
        return {}
    return dict(
        prepared.rows(
            "SELECT chunk_id, -(weights <#> %s::sparsevec) FROM documents_chunklexemes"
            " WHERE chunk_id = ANY(%s::bigint[])",
            [terms.vector, prepared.numbers(wanted)],
        )
    )


def found_by(terms: Terms, chunk_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """Of the question's lexemes, those that each of these chunks is found by, its context included."""
    if not terms.lexemes or not (wanted := list(chunk_ids)):
        return {}
    rows = prepared.rows(
        "SELECT chunk_id,"
        " ARRAY(SELECT unnest(tsvector_to_array(lexemes)) INTERSECT SELECT unnest(%s::text[]))"
        " FROM documents_chunklexemes WHERE chunk_id = ANY(%s::bigint[])",
        [list(terms.lexemes), prepared.numbers(wanted)],
    )
    return {chunk_id: frozenset(lexemes) for chunk_id, lexemes in rows}


def _among_readable(
    terms: Iterable[str], question: str, *, index: IndexVersion, readable: Readable, limit: int
) -> list[tuple[int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {readable.first}
            SELECT chunk_id, -(weights <#> %s::sparsevec) AS score
            FROM documents_chunklexemes
            WHERE index_version_id = {index.pk:d} AND lexemes @@ %s::tsquery
                AND version_id IN (SELECT id FROM readable)
            ORDER BY score DESC LIMIT %s
            """,  # noqa: S608 - the id is an integer, and the query for versions is SQL that Django wrote
            [*readable.parameters, question, _any_of(terms), limit],
        )
        return _ordered(cursor.fetchall())


def _among_all(
    terms: Iterable[str], question: str, *, index: IndexVersion, readable: Readable, limit: int
) -> list[tuple[int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chunk_id, score FROM (
                SELECT chunk_id, version_id, -(weights <#> %s::sparsevec) AS score
                FROM documents_chunklexemes
                WHERE index_version_id = {index.pk:d} AND lexemes @@ %s::tsquery
                ORDER BY score DESC
            ) AS ranked WHERE {readable.of_row} LIMIT %s
            """,  # noqa: S608 - as above
            [question, _any_of(terms), *readable.parameters, limit],
        )
        return _ordered(cursor.fetchall())


def _any_of(terms: Iterable[str]) -> str:
    return " | ".join(quoted(term) for term in terms)


def _ordered(rows: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def quoted(lexeme: str) -> str:
    """The lexeme as it is written in a tsvector or a tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _saturation(length: int, average_length: float) -> float:
    return K1 * (1 - B + B * length / (average_length or 1.0))
