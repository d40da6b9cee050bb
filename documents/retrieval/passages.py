"""Reading what was found: passages with their documents, and the text around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from documents.retrieval.types import Hit

# Of each passage of a list of ids: first its id and place, then the fields of a hit.
_READ = """
    SELECT chunk.id, chunk.ordinal, chunk.document_id, chunk.version_id, version.number AS version_number,
        chunk.extraction_id, document.collection_id, collection.name AS collection, document.title, document.path,
        chunk.heading_path, chunk.text, chunk.start, chunk."end", chunk.page, version.valid_from, version.valid_to,
        document.current_version_id = chunk.version_id AS is_current, extraction.language
    FROM documents_chunk AS chunk
    JOIN documents_document AS document ON document.id = chunk.document_id
    JOIN documents_collection AS collection ON collection.id = document.collection_id
    JOIN documents_documentversion AS version ON version.id = chunk.version_id
    JOIN documents_extraction AS extraction ON extraction.id = chunk.extraction_id
    WHERE chunk.id = ANY(%s)
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
    order: Sequence[tuple[int, float]], places: Mapping[str, Mapping[int, int]], legs: Mapping[str, Mapping[int, float]]
) -> list[Found]:
    """The passages with their documents, in this order. One that was removed meanwhile is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [[at for at, _ in order]])
        names = [column.name for column in cursor.description[2:]]
        by_id = {at: (ordinal, values) for at, ordinal, *values in cursor.fetchall()}
    found = []
    for at, score in order:
        if at in by_id:
            ordinal, values = by_id[at]
            hit = Hit(
                chunk_id=at,
                **dict(zip(names, values, strict=True)),
                score=score,
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
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT chunk.extraction_id, chunk.ordinal, chunk.heading_path, chunk.start, chunk."end", chunk.page,
                chunk.tokens
            FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS span (extraction, first, last)
            JOIN documents_chunk AS chunk ON chunk.index_version_id = %s AND chunk.extraction_id = span.extraction
                AND chunk.ordinal BETWEEN span.first - %s AND span.last + %s
            """,
            [[at for at, _, _ in spans], [first for _, first, _ in spans], [last for _, _, last in spans],
             index_version_id, reach, reach],
        )  # fmt: skip
        found: dict[int, dict[int, Neighbour]] = {}
        for extraction, ordinal, heading_path, start, end, page, tokens in cursor.fetchall():
            found.setdefault(extraction, {})[ordinal] = Neighbour(
                ordinal=ordinal, heading_path=heading_path, start=start, end=end, page=page, tokens=tokens
            )
    return found


def texts(spans: Mapping[int, tuple[int, int, int]]) -> dict[int, str]:
    """The text of each (extraction id, start, end), white space between passages included, under the same keys."""
    if not spans:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.key, substr(extraction.text, wanted.start + 1, wanted.length)
            FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[])
                AS wanted (key, extraction, start, length)
            JOIN documents_extraction AS extraction ON extraction.id = wanted.extraction
            """,
            [
                list(spans),
                [extraction for extraction, _, _ in spans.values()],
                [start for _, start, _ in spans.values()],
                [end - start for _, start, end in spans.values()],
            ],
        )
        return dict(cursor.fetchall())
