"""Processor time of searches: on a busy machine it is what a clock cannot tell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper

from documents.models import IndexVersion
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """At the median: milliseconds of processor of this thread and of PostgreSQL, and statements, of one search."""

    python_ms: float
    postgresql_ms: float | None
    statements: float

    def __str__(self) -> str:
        postgresql = "–" if self.postgresql_ms is None else f"{self.postgresql_ms:.1f}"
        return f"{self.python_ms:.1f} + {postgresql}, {self.statements:.0f}"


def spent(questions: Sequence[str], *, index: IndexVersion, reader: User) -> Spent:
    """Asks every question once; PostgreSQL's part is known where it runs on this machine and that is Linux."""
    python, postgresql, statements = [], [], []
    for question in questions:
        counted = _Counted()
        before, backend_before = time.thread_time(), _backend_ms()
        with connection.execute_wrapper(counted):
            search(Query(text=question, index_version_id=index.pk), reader=reader)
        python.append(1000 * (time.thread_time() - before))
        if backend_before is not None:
            postgresql.append(cast("float", _backend_ms()) - backend_before)
        statements.append(counted.statements)
    return Spent(
        python_ms=float(np.median(python)),
        postgresql_ms=float(np.median(postgresql)) if postgresql else None,
        statements=float(np.median(statements)),
    )


class _Counted:
    """Counts statements; settings of a connection that is new are among them."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, CursorWrapper]) -> Any:
        self.statements += 1
        return execute(sql, parameters, many, context)


def _backend_ms() -> float | None:
    """Of the server's process that serves this connection, since it began."""
    path = Path(f"/proc/{cast('Any', connection.connection).info.backend_pid}/schedstat")
    try:
        return int(path.read_text().split()[0]) / 1e6
    except (OSError, ValueError):
        return None
