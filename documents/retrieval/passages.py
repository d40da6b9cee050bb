"""Reading what was found: passages with their documents, and the text around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.retrieval.lexical import quoted
from documents.retrieval.types import Fate, Hit
from ragapp.lib import prepared

_FIELDS = (
    "document_id", "version_id", "version_number", "extraction_id", "collection_id", "collection", "title", "path",
    "heading_path", "text", "start", "end", "page", "valid_from", "valid_to", "is_current", "language",
)  # fmt: skip
# Of each passage of a list of ids: its id, its place and those of the asked words that are in it or its context, then
# these fields of a hit.
_READ = """
    WITH asked AS MATERIALIZED (SELECT * FROM unnest(%s::text[], %s::text[]::tsquery[]) AS asked (word, query))
    SELECT chunk.id, chunk.ordinal, ARRAY(SELECT word FROM asked WHERE lexical.lexemes @@ asked.query),
        chunk.document_id, chunk.version_id, version.number, chunk.extraction_id,
        document.collection_id, collection.name, document.title, document.path,
        chunk.heading_path, chunk.text, chunk.start, chunk."end", chunk.page, version.valid_from, version.valid_to,
        document.current_version_id = chunk.version_id, extraction.language
    FROM documents_chunk AS chunk
    JOIN documents_document AS document ON document.id = chunk.document_id
    JOIN documents_collection AS collection ON collection.id = document.collection_id
    JOIN documents_documentversion AS version ON version.id = chunk.version_id
    JOIN documents_extraction AS extraction ON extraction.id = chunk.extraction_id
    LEFT JOIN documents_chunklexemes AS lexical ON lexical.chunk_id = chunk.id
    WHERE chunk.id = ANY(%s::bigint[])
"""
# Of each (extraction, first, last ordinal) of three lists: the passages from so many before to so many after.
_BESIDE = """
    SELECT chunk.extraction_id, chunk.ordinal, chunk.heading_path, chunk.start, chunk."end", chunk.page, chunk.tokens
    FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS span (extraction, first, last)
    JOIN documents_chunk AS chunk ON chunk.index_version_id = %s::bigint AND chunk.extraction_id = span.extraction
        AND chunk.ordinal BETWEEN span.first - %s::int AND span.last + %s::int
"""
# Of each (key, extraction, start, characters) of four lists: the key and the text.
_TEXTS = """
    SELECT wanted.key, substr(extraction.text, wanted.start + 1, wanted.length)
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[]) AS wanted (key, extraction, start, length)
    JOIN documents_extraction AS extraction ON extraction.id = wanted.extraction
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its place in the document, by which neighbours are told."""

    hit: Hit
    ordinal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A passage beside one that was found."""

    ordinal: int
    heading_path: str
    start: int
    end: int
    page: int | None
    tokens: int


def read(
    order: Sequence[tuple[int, float]],
    places: Mapping[str, Mapping[int, int]],
    legs: Mapping[str, Mapping[int, float]],
    *,
    lexemes: Sequence[str],
) -> list[Found]:
    """The passages with their documents, in this order, and by which of `lexemes` each is found.

    One that was removed meanwhile is left out.
    """
    words, queries = list(lexemes), [quoted(lexeme) for lexeme in lexemes]
    rows = prepared.rows(_READ, [words, queries, prepared.numbers(at for at, _ in order)])
    by_id = {at: (ordinal, words, values) for at, ordinal, words, *values in rows}
    found = []
    for at, score in order:
        if at in by_id:
            ordinal, words, values = by_id[at]
            hit = Hit(
                chunk_id=at,
                **dict(zip(_FIELDS, values, strict=True)),
                found_by=frozenset(words),
                score=score,
                fate=Fate.BELOW,  # until it is chosen
                ranks={leg: place[at] for leg, place in places.items() if at in place},
                scores={leg: scores[at] for leg, scores in legs.items() if at in scores},
            )
            found.append(Found(hit, ordinal))
    return found


def neighbours(
    spans: Sequence[tuple[int, int, int]], *, index_version_id: int, reach: int
) -> dict[int, dict[int, Neighbour]]:
    """The passages up to `reach` before and after each (extraction id, first, last ordinal): by extraction, ordinal.

    Passages of one extraction have the rights of the one that was found.
    """
    if not spans:
        return {}
    rows = prepared.rows(
        _BESIDE,
        [*(prepared.numbers(column) for column in zip(*spans, strict=True)), index_version_id, reach, reach],
    )
    found: dict[int, dict[int, Neighbour]] = {}
    for extraction, ordinal, heading_path, start, end, page, tokens in rows:
        found.setdefault(extraction, {})[ordinal] = Neighbour(
            ordinal=ordinal, heading_path=heading_path, start=start, end=end, page=page, tokens=tokens
        )
    return found


def texts(spans: Mapping[int, tuple[int, int, int]]) -> dict[int, str]:
    """The text of each (extraction id, start, end), white space between passages included, under the same keys."""
    if not spans:
        return {}
    places = [(key, extraction, start, end - start) for key, (extraction, start, end) in spans.items()]
    rows = prepared.rows(_TEXTS, [prepared.numbers(column) for column in zip(*places, strict=True)])
    return {key: text for key, text in rows}
