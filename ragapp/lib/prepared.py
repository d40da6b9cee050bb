"""Queries that are asked for every question: planned once for each connection, since that takes longer than running.

Only for queries whose best plan is the same whatever their values are: rows by their keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast
from weakref import WeakSet

import psycopg
from django.db import connection

# Connections that were told so.
_plan_once: WeakSet[Any] = WeakSet()


def rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of the query. Lists of numbers are given as `numbers` writes them, so that all are of one type."""
    # A connection that was lost is made anew.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.make_cursor(cast("Any", psycopg.Cursor(connection.connection))) as cursor:
        if connection.connection not in _plan_once:
            # Else PostgreSQL plans a query anew as long as it believes that the plan for other values is dearer.
            cursor.execute("SET plan_cache_mode = force_generic_plan")
            _plan_once.add(connection.connection)
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def numbers(values: Iterable[int]) -> str:
    """The numbers as PostgreSQL writes an array: for `%s::bigint[]`, and quicker than a list."""
    return "{" + ",".join(map(str, values)) + "}"
