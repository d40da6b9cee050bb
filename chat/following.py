"""Following an answer in the making, from any process: events out of Redis, else the row.

The row is the truth: it gets the text so far with every heartbeat. A reader that cannot reach Redis reads it instead.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

from chat import events
from chat.events import Event, EventsUnavailable
from chat.models import Answer
from ragapp.lib.offload import to_pool

log = logging.getLogger(__name__)

RIGHTS_CHECK_S = 10.0
POLL_S = 1.0
# Each reader holds a connection to Redis; beyond this many, readers poll the row.
READERS = 400

_readers = 0


async def read(
    answer_id: UUID,
    after: str = "0",
    *,
    may_see: Callable[[], Awaitable[bool]] | None = None,
    is_running: bool = False,
) -> AsyncGenerator[Event, None]:
    """The events of an answer after the id `after`, ending with "done"; only "done" when it is finished.

    Whoever has just seen that it is being made says `is_running`, and the row is not read again.
    `may_see` is asked every ten seconds; once it says no, the stream ends with the state "gone".
    """
    global _readers
    _readers += 1
    try:
        async with aclosing(_source(answer_id, after, poll=_readers > READERS, is_running=is_running)) as source:
            async for event in _guarded(source, may_see):
                yield event
                if event.kind == "done":
                    return
    finally:
        _readers -= 1


def finished(answer_id: UUID) -> dict[str, Any] | None:
    """The data of "done", or None while the answer is being made."""
    answer = Answer.objects.filter(pk=answer_id).only("state", "status").first()
    if answer is None:
        return {"state": "gone", "status": ""}
    return None if answer.is_running else {"state": answer.state, "status": answer.status}


async def _source(answer_id: UUID, after: str, *, poll: bool, is_running: bool) -> AsyncGenerator[Event | None, None]:
    """Events from Redis or, when it cannot be reached, from the row. None: a moment passed without one."""
    if not is_running and (done := await to_pool(lambda: finished(answer_id))) is not None:
        yield Event(id="", kind="done", data=done)
        return
    if not poll:
        try:
            async with aclosing(events.follow(answer_id, after)) as followed:
                async for event in followed:
                    yield event
                    if event is None and (done := await to_pool(lambda: finished(answer_id))) is not None:
                        yield Event(id="", kind="done", data=done)
        except EventsUnavailable:
            log.warning("answer.polling", extra={"answer_id": str(answer_id)})
    async for event in _polled(answer_id):
        yield event


async def _polled(answer_id: UUID) -> AsyncGenerator[Event | None, None]:
    shown = ""
    while True:
        row = await to_pool(lambda: Answer.objects.filter(pk=answer_id).values_list("text", flat=True).first())
        if row and row != shown:
            shown = row
            yield Event(id="", kind="text", data={"markdown": shown})
        if (done := await to_pool(lambda: finished(answer_id))) is not None:
            yield Event(id="", kind="done", data=done)
            return
        yield None
        await asyncio.sleep(POLL_S)


async def _guarded(
    source: AsyncGenerator[Event | None, None], may_see: Callable[[], Awaitable[bool]] | None
) -> AsyncGenerator[Event, None]:
    checked_at = time.monotonic()
    async for event in source:
        if may_see is not None and time.monotonic() - checked_at > RIGHTS_CHECK_S:
            checked_at = time.monotonic()
            if not await may_see():
                yield Event(id="", kind="done", data={"state": "gone", "status": ""})
                return
        if event is not None:
            yield event
