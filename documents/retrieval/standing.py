"""What a search would look through now, as one value, and whether what was found before still stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from documents.access import readable_documents, scope_of
from documents.models import IndexVersion
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
    index = (
        IndexVersion.objects.filter(is_live=True)
        if query.index_version_id is None
        else IndexVersion.objects.filter(pk=query.index_version_id)
    )
    index_id = index.values_list("pk", flat=True).first()
    if readable is None or index_id is None:
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
    return Standing(index_version_id=index_id, digest=hashlib.sha256(f"{count}/{total}".encode()).hexdigest())


def stands(places: Iterable[Place], *, reader: User) -> bool:
    """Whether `reader` may read every one of these now, each still is what its document says, and their collections
    let answers be kept."""
    wanted = set(places)
    found = (
        readable_documents(reader)
        .filter(pk__in={document for document, _version, _extraction in wanted}, collection__keeps_answers=True)
        .filter(current_version__extractions__is_current=True)
        .values_list("pk", "current_version", "current_version__extractions")
    )
    return wanted <= set(found)
