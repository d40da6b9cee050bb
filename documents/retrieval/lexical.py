"""The lexical leg: textbook BM25 in PostgreSQL.

Each chunk stores its terms' BM25 weights as a sparse vector over hashed lexemes, a question becomes a sparse vector of
inverse document frequencies, and their inner product is the BM25 score (Lucene's variant: k1 1.5, b 0.75, idf that is
never negative). Statistics are those of the whole index version, whoever asks: they change the order of passages that
the asker may read, and show nothing of the others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b

from pgvector import SparseVector

from documents.models import IndexVersion
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval.legs import WORDS, Leg
from documents.retrieval.readable import RESOLVED, Readable
from ragapp.lib import prepared

K1, B = 1.5, 0.75
# Candidates come from the rarest lexemes until so many rows, or this share of all, may hold one of them.
CANDIDATE_ROWS = 2_000
CANDIDATE_SHARE = 0.02
FEWEST_LEXEMES = 2
# So many times the candidates wanted are looked for, by what the statistics say of those that are readable.
ENOUGH = 2
# Readable chunks that are read in any case to see whether they hold a word; and how much longer that takes for one of
# them than to take a chunk that is known to hold one.
FEW, READING = 500, 3


@lru_cache(maxsize=100_000)
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
            # One by one: the planner might read the statistics of the whole index for the few that are wanted.
            "SELECT lexeme, chunks FROM unnest(%s::text[]) AS wanted (word) CROSS JOIN LATERAL"
            " (SELECT lexeme, chunks FROM documents_lexemefrequency"
            " WHERE index_version_id = %s::bigint AND lexeme = wanted.word LIMIT 1) AS counted",
            [wanted, index.pk],
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


class Way(StrEnum):
    """How chunks with the words of a question are looked for."""

    ALL = "all"  # among all chunks; rights are asked row by row, best first
    MATCHING = "matching"  # the same, rights before scores
    READABLE = "readable"  # among the chunks of each readable version


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """For which lexemes, and how."""

    lexemes: tuple[str, ...]
    way: Way


def looks(
    terms: Terms, *, index: IndexVersion, limit: int, readable_chunks: int, is_most_readable: bool
) -> tuple[Look, ...]:
    """What to try in turn until `limit` chunks were found; nothing where there are no words.

    The rarest lexemes bring candidates enough; where what the asker may read holds too few of them, all are looked
    for. How much is readable says what is cheap.
    """
    if not terms.lexemes:
        return ()
    share = 1.0 if is_most_readable else min(1.0, max(readable_chunks, 1) / max(index.chunk_count, 1))
    chosen = rarest(
        terms.lexemes,
        terms.seen,
        enough=ENOUGH * limit / share,
        most=max(CANDIDATE_ROWS, CANDIDATE_SHARE * index.chunk_count),
    )
    rows = sum(terms.seen.get(lexeme, 0) for lexeme in chosen)
    if not is_most_readable and readable_chunks <= max(FEW, rows / READING):
        return (Look(lexemes=terms.lexemes, way=Way.READABLE),)
    first = Look(lexemes=chosen, way=Way.ALL if is_most_readable else Way.MATCHING)
    if len(chosen) == len(terms.lexemes):
        return (first,)
    reads_all = not is_most_readable and readable_chunks <= sum(terms.seen.values()) / READING
    return (first, Look(lexemes=terms.lexemes, way=Way.READABLE if reads_all else first.way))


def rarest(terms: Sequence[str], seen: Mapping[str, int], *, enough: float, most: float) -> tuple[str, ...]:
    """The rarest of `terms`: until `enough` rows may hold one, two terms at least; then more, up to `most` rows.

    Terms without statistics are always among them: they are new, or in no passage at all.
    """
    chosen = [term for term in terms if term not in seen]
    rows = 0
    by_frequency = sorted((term for term in terms if term in seen), key=lambda term: (seen[term], term))
    for number, term in enumerate(by_frequency):
        if number >= FEWEST_LEXEMES and rows >= enough and rows + seen[term] > most:
            break
        chosen.append(term)
        rows += seen[term]
    return tuple(chosen)


def leg(look: Look, *, index: IndexVersion, readable: Readable, limit: int) -> Leg:
    """The query of a look."""
    matching = f"""
        FROM documents_chunklexemes WHERE index_version_id = {index.pk:d} AND lexemes @@ %s::tsquery
        """
    score = f"-(weights <#> {WORDS}) AS score"
    words = " | ".join(map(quoted, look.lexemes))
    match look.way:
        case Way.READABLE:
            sql = f"""
                SELECT held.chunk_id, held.score FROM readable CROSS JOIN LATERAL (
                    SELECT chunk_id, {score} {matching} AND version_id = readable.id OFFSET 0
                ) AS held
                ORDER BY held.score DESC, held.chunk_id LIMIT %s
                """  # noqa: S608 - the id is an integer
        case Way.MATCHING:
            sql = f"""
                SELECT chunk_id, {score} {matching} AND {RESOLVED}
                ORDER BY score DESC, chunk_id LIMIT %s
                """
        case Way.ALL if readable.is_by_document:
            sql = f"""
                SELECT chunk_id, score FROM (
                    SELECT chunk_id, version_id, {score} {matching} ORDER BY score DESC, chunk_id
                ) AS ranked WHERE {readable.of_row} LIMIT %s
                """  # noqa: S608 - as above, and the query for versions is SQL that Django wrote
            return Leg(sql=sql, parameters=(words, *readable.parameters, limit))
        case _:
            return leg(replace(look, way=Way.MATCHING), index=index, readable=readable, limit=limit)
    return Leg(sql=sql, parameters=(words, limit), resolves_rights=True)


def quoted(lexeme: str) -> str:
    """The lexeme as it is written in a tsvector or a tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _saturation(length: int, average_length: float) -> float:
    return K1 * (1 - B + B * length / (average_length or 1.0))
