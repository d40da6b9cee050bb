"""Where blocking work of asynchronous code is done: few threads, each with one connection to the database.

Eighty detached tasks with a thread each once left 67 idle connections; here at most ANSWER_THREADS exist. Each keeps
its connection, since opening one took longer than many a piece of work, and gives up one that failed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper

Result = TypeVar("Result")

# How long a database that is being restarted is waited for, and how often it is tried.
PATIENCE_S, RETRY_S = 60.0, 0.5
# What servers say while they shut down or start; without a code, the connection was cut or refused.
_AWAY = ("57P01", "57P02", "57P03", "08")


class Offload(Protocol):
    """Runs a function without arguments somewhere it may block, and gives back what it returned."""

    async def __call__(self, work: Callable[[], Result]) -> Result: ...


async def to_pool(work: Callable[[], Result]) -> Result:
    """Runs `work` in the process's bounded pool."""
    return await asyncio.get_running_loop().run_in_executor(_pool(), lambda: _then_tidy(work, is_checked=True))


async def to_pool_patiently(work: Callable[[], Result]) -> Result:
    """As `to_pool`; when the database goes away meanwhile, `work` is done once more after it is back.

    So `work` may be done twice, the first time without a word of how it ended. Raises what it raised at last when the
    database stays away for a minute.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while True:
        try:
            # Whatever became of the connection meanwhile is seen by the work itself.
            return await loop.run_in_executor(_pool(), lambda: _then_tidy(work, is_checked=False))
        except (OperationalError, InterfaceError) as error:
            if not _is_away(error) or loop.time() >= deadline:
                raise
        await asyncio.sleep(RETRY_S)


async def to_caller(work: Callable[[], Result]) -> Result:
    """Runs `work` in the thread that called `async_to_sync`: commands keep their transaction."""
    return await sync_to_async(work, thread_sensitive=True)()


async def release_connection() -> None:
    """Gives back the pooled connection of this request's thread, before a response that may last for minutes."""
    if settings.DATABASE_POOL:
        await sync_to_async(close_old_connections, thread_sensitive=True)()


def close_pool() -> None:
    """Closes what the requests of this process shared, and the threads with their connections, at its end."""
    _pool().shutdown()
    _pool.cache_clear()
    while _kept:
        _kept.pop().close()
    if isinstance(connection, DatabaseWrapper):
        connection.close_pool()


def _is_away(error: OperationalError | InterfaceError) -> bool:
    code = getattr(error.__cause__, "sqlstate", None)
    return code is None or code.startswith(_AWAY)


def _then_tidy(work: Callable[[], Result], *, is_checked: bool) -> Result:
    """`is_checked`: the connection is tried before it is used."""
    if is_checked:
        connections[DEFAULT_DB_ALIAS].health_check_done = False  # type: ignore[attr-defined]  # the stubs lack it
    try:
        return work()
    finally:
        if connection.errors_occurred or connection.in_atomic_block:
            connection.close()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.ANSWER_THREADS, thread_name_prefix="answer", initializer=_keep_connection)


_kept: list[BaseDatabaseWrapper] = []


def _keep_connection() -> None:
    """For `close_pool`, which closes it from another thread."""
    own = connections[DEFAULT_DB_ALIAS]
    own.inc_thread_sharing()
    _kept.append(own)
