"""What a search would look through now, as one value, and whether what was found before still stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from documents.access import scope_of
from documents.retrieval.asked_index import asked_index
from documents.retrieval.readable import readable_in
from documents.retrieval.types import Query
from ragapp.accounts.models import User

# A document: its id, one of its versions and what was read from that.
Place = tuple[UUID, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Two that are equal look through the same versions of the same documents, read and named alike.

    A change of what may be read, of a text, a title, a path, tags or a validity makes it another one.
    """

    index_version_id: int
    digest: str


def standing_of(query: Query, *, reader: User) -> Standing | None:
    """What `query` would look through for `reader` now; None when there is nothing. Its text plays no part."""
    readable = readable_in(scope_of(reader, private=query.private_collection_id or False), query)
    index = asked_index(query.index_version_id)
    if readable is None or index is None:
        return None
    with connection.cursor() as cursor:
        # A row's xmin is another one after every change of it, whoever made it; a sum needs no order.
        cursor.execute(
            f"""
            {readable.first}
            SELECT count(*), coalesce(sum(hashtextextended(
                version.id || '/' || version.xmin || '/' || document.xmin || '/' || coalesce(extraction.id, 0), 0
            )), 0)
            FROM readable
            JOIN documents_documentversion AS version ON version.id = readable.id
            JOIN documents_document AS document ON document.id = version.document_id
            LEFT JOIN documents_extraction AS extraction ON extraction.version_id = version.id AND extraction.is_current
            """,  # noqa: S608 - the query for versions is SQL that Django wrote
            list(readable.parameters),
        )
        count, total = cursor.fetchone()
    if not count:
        return None
    return Standing(index_version_id=index.pk, digest=hashlib.sha256(f"{count}/{total}".encode()).hexdigest())


def stands(places: Iterable[Place], *, reader: User) -> bool:
    """Whether `reader` may read every one of these now, each still is what its document says, and their collections
    let answers be kept. Private files count as what may not be read."""
    wanted = set(places)
    readable = readable_in(scope_of(reader))
    if readable is None:
        return not wanted
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {readable.first}
            SELECT document.id, version.id, extraction.id
            FROM documents_documentversion AS version
            JOIN documents_document AS document ON document.id = version.document_id
            JOIN documents_collection AS collection ON collection.id = document.collection_id
            JOIN documents_extraction AS extraction ON extraction.version_id = version.id AND extraction.is_current
            WHERE version.id = ANY(%s) AND version.id IN (SELECT id FROM readable) AND collection.keeps_answers
            """,  # noqa: S608 - as above
            [*readable.parameters, [version for _document, version, _extraction in wanted]],
        )
        return wanted <= set(cursor.fetchall())
