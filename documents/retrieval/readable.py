"""The rights of the asker as SQL that both legs of the search put into their queries."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from documents.models import Document, IndexVersion


def as_sql(readable: QuerySet[Document]) -> tuple[str, tuple[Any, ...]]:
    """A query for the ids of `readable`, to stand inside `document_id IN (...)`, and its parameters.

    Raises django.core.exceptions.EmptyResultSet when nothing can be readable.
    """
    sql, parameters = readable.order_by().values("pk").query.sql_with_params()
    return sql, tuple(parameters)


def count_chunks(readable: QuerySet[Document], *, index: IndexVersion, at_most: int) -> int:
    """How many chunks of `index` are readable; counting stops at `at_most`."""
    documents, parameters = as_sql(readable)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM (
                SELECT 1 FROM documents_chunk
                WHERE index_version_id = {index.pk:d} AND document_id IN ({documents}) LIMIT %s
            ) AS counted
            """,  # noqa: S608 - the id is an integer, and `documents` is SQL that Django wrote
            [*parameters, at_most],
        )
        return int(cursor.fetchone()[0])
