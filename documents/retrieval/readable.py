"""The rights of the asker as SQL that both legs of the search put into their queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from documents.access import Scope, documents_in
from documents.models import IndexVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """A query for the ids of the readable documents, to stand inside `document_id IN (...)`, and its parameters."""

    sql: str
    parameters: tuple[Any, ...]

    @property
    def first(self) -> str:
        """The clause that resolves them before anything else, as `readable (id)`.

        The planner cannot know how few documents a right names, and would rather rank everything first.
        """
        return f"WITH readable (id) AS MATERIALIZED ({self.sql})"


def readable_in(scope: Scope, *, collection_id: int | None = None) -> Readable | None:
    """The documents of `scope`, of one collection only when that is given; None when there can be none."""
    if not scope.collection_ids or (collection_id is not None and collection_id not in scope.collection_ids):
        return None
    documents = documents_in(scope)
    if collection_id is not None:
        documents = documents.filter(collection=collection_id)
    sql, parameters = documents.order_by().values("pk").query.sql_with_params()
    return Readable(sql=sql, parameters=tuple(parameters))


def count_chunks(readable: Readable, *, index: IndexVersion, at_most: int) -> int:
    """How many chunks of `index` are readable; counting stops at `at_most`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            {readable.first}
            SELECT count(*) FROM (
                SELECT 1 FROM documents_chunk
                WHERE index_version_id = {index.pk:d} AND document_id IN (SELECT id FROM readable) LIMIT %s
            ) AS counted
            """,  # noqa: S608 - the id is an integer, and the query for documents is SQL that Django wrote
            [*readable.parameters, at_most],
        )
        return int(cursor.fetchone()[0])
