"""Queries that are asked for every question: planned once for each connection, since that takes longer than running.

Only for queries whose best plan is the same whatever their values are: rows by their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import psycopg
from django.db import connection


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of the query. Lists of numbers are given as `numbers` writes them, so that all are of one type."""
    with connection.cursor():  # a connection that was lost is made anew
        pass
    with connection.make_cursor(cast("Any", psycopg.Cursor(connection.connection))) as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def numbers(values: Iterable[int]) -> str:
    """The numbers as PostgreSQL writes an array: for `%s::bigint[]`, and quicker than a list."""
    return "{" + ",".join(map(str, values)) + "}"
