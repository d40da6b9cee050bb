"""The events of an answer in the making, in a Redis stream that expires; any process may read them."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat.models import Citation
from documents.lineage import documents_removed, text_withdrawn
from ragapp.lib.redis_connection import short_commands

log = logging.getLogger(__name__)

Kind = Literal["stage", "sources", "text", "done"]

EXPIRES_S = 15 * 60
KEPT_EVENTS = 1000
BLOCK_S = 2.0
# A line on which nothing comes for longer is closed by some proxies.
HEARTBEAT_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an answer. `id` goes to the browser and comes back as Last-Event-ID."""

    id: str
    kind: Kind
    data: dict[str, Any]


class EventsUnavailable(Exception):
    """Redis cannot be reached; the row of the answer is still the truth."""


def connect() -> Redis:
    """A client of its own connection, for the running event loop. Close it with `aclose`."""
    return Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=BLOCK_S + 3,
        single_connection_client=True,
    )


async def append(redis: Redis, answer_id: UUID, kind: Kind, data: dict[str, Any]) -> None:
    """Adds an event; the stream ends a quarter of an hour after its last one. Raises EventsUnavailable."""
    key = _stream(answer_id)
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            pipeline.xadd(key, {"kind": kind, "data": json.dumps(data)}, maxlen=KEPT_EVENTS, approximate=True)
            pipeline.expire(key, EXPIRES_S)
            await pipeline.execute()
    except (RedisError, OSError) as error:
        raise EventsUnavailable from error


async def follow(answer_id: UUID, after: str) -> AsyncGenerator[Event | None, None]:
    """Events after the id `after`, as they come; None every two seconds in which nothing came.

    Raises EventsUnavailable when Redis cannot be reached, at the start or later.
    """
    redis = connect()
    key, last = _stream(answer_id), after if _is_event_id(after) else "0"
    try:
        while True:
            batches: Any = await redis.xread({key: last}, count=50, block=int(BLOCK_S * 1000))
            if not batches:
                yield None
            for _, entries in batches or []:
                for last, fields in entries:
                    yield Event(id=last, kind=fields["kind"], data=json.loads(fields["data"]))
    except (RedisError, OSError) as error:
        raise EventsUnavailable from error
    finally:
        await redis.aclose()


@receiver([documents_removed, text_withdrawn])
def forget_documents(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> None:
    """Removes the streams that told of documents which go, and has Redis write its append-only file anew.

    Where Redis cannot be reached, a stream ends by itself a quarter of an hour after its last event.
    """
    told = Citation.objects.filter(document_id__in=document_ids).values_list("answer", flat=True)
    keys = sorted({_stream(answer_id) for answer_id in told})
    if keys:
        transaction.on_commit(lambda: _remove(keys))


def _remove(keys: list[str]) -> None:
    redis = short_commands()
    try:
        redis.unlink(*keys)
        redis.bgrewriteaof()
    except RedisError as error:
        # Also while that file is being written, or where the command is not allowed.
        log.info("answer.events_kept", extra={"reason": type(error).__name__})


async def request_stop(answer_id: UUID) -> None:
    """Asks whichever process makes the answer to stop. Raises EventsUnavailable."""
    redis = connect()
    try:
        await redis.set(_stop(answer_id), "1", ex=EXPIRES_S)
    except (RedisError, OSError) as error:
        raise EventsUnavailable from error
    finally:
        await redis.aclose()


async def stops_requested(redis: Redis, answer_ids: list[UUID]) -> list[UUID]:
    """Those of `answer_ids` that somebody asked to stop. Raises EventsUnavailable."""
    try:
        found = await redis.mget([_stop(answer_id) for answer_id in answer_ids])
    except (RedisError, OSError) as error:
        raise EventsUnavailable from error
    return [answer_id for answer_id, value in zip(answer_ids, found, strict=True) if value]


async def with_heartbeat(source: AsyncGenerator[Event, None]) -> AsyncGenerator[Event | None, None]:
    """The events of `source`; None whenever nothing came for a while, so that no proxy closes the line."""
    waiting: asyncio.Future[Event] = asyncio.ensure_future(anext(source))
    try:
        while True:
            arrived, _late = await asyncio.wait({waiting}, timeout=HEARTBEAT_S)
            if not arrived:
                yield None
                continue
            try:
                event = waiting.result()
            except StopAsyncIteration:
                return
            yield event
            waiting = asyncio.ensure_future(anext(source))
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await source.aclose()


def _is_event_id(text: str) -> bool:
    """Last-Event-ID comes from outside."""
    return re.fullmatch(r"[0-9]{1,19}(-[0-9]{1,19})?", text) is not None


def _stream(answer_id: UUID) -> str:
    return f"answer:{answer_id}:events"


def _stop(answer_id: UUID) -> str:
    return f"answer:{answer_id}:stop"
