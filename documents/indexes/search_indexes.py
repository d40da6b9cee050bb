"""The PostgreSQL indexes of an index version: HNSW over its vectors, GIN over its lexemes, each over its rows only.

They are made while the version is empty and filled as passages come in, so that no ingestion ever waits for a build
(docs/decisions/0007-search-indexes-made-empty.md).
"""

from __future__ import annotations

import time

from django.db import OperationalError, connection, transaction

from documents.models import IndexVersion

# Each try waits for a lock at most as long as the function says (migration 0009); meanwhile others queue behind it.
ATTEMPTS, PAUSE_S = 40, 0.5
_LOCK_NOT_AVAILABLE = "55P03"


def create(index: IndexVersion) -> None:
    """Make them, unless they are there."""
    parameters = [index.pk, index.dimensions, index.ef_construction]
    _call("SELECT create_search_indexes(%s::bigint, %s, %s)", parameters)


def drop(index: IndexVersion) -> None:
    """Remove them."""
    _call("SELECT drop_search_indexes(%s::bigint)", [index.pk])


def refresh_planner() -> None:
    """What the planner knows of the search tables, counted anew; after many rows came or went."""
    _call("SELECT analyze_search_tables()", [])


def _call(sql: str, parameters: list[int]) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, parameters)
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE or not left:
                raise
        time.sleep(PAUSE_S)
