"""Answers are made by detached tasks of the web process; browsers follow their events and may come and go.

The tasks live in an event loop of their own thread, so that neither a slow request nor a closed one touches
them. The row of the answer is the truth: it gets the text so far with every heartbeat. How it is read while it comes
stands in `chat.following`.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from redis.asyncio import Redis

from chat import events, following
from chat.answering import pipeline, store, title
from chat.answering.opening import Opened
from chat.events import EventsUnavailable, Kind
from chat.models import Answer
from ragapp.lib.offload import to_pool, to_pool_patiently

log = logging.getLogger(__name__)

HEARTBEAT_S = 3.0
STOP_CHECK_S = 0.25
# Between the sentences of an answer that no model writes: it can be read, and stopped, while it comes.
PACE_S = 0.12
# How often, and how long each time, the naming of a conversation gives way to answers.
NAMES_WAIT_TIMES, NAMES_WAIT_S = 20, 0.25
# Answers made at once in this process; more wait as "pending", with a heartbeat.
AT_ONCE = 32
# Beyond this many waiting, questions are refused with a time: who waits longer asks again, and makes it worse.
WAITING_MOST, COME_BACK_S = 64, 15
RUNNING = (Answer.State.PENDING, Answer.State.STREAMING)


@dataclass(slots=True, kw_only=True)
class _Running:
    """An answer in the making in this process."""

    task: "asyncio.Task[None]"
    text: str = ""
    is_published: bool = True
    stop_notice: str = ""


@dataclass(slots=True)
class _Workshop:
    """The loop that makes this process's answers."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    running: dict[UUID, _Running] = field(default_factory=dict)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    naming: set["asyncio.Task[None]"] = field(default_factory=set)
    one_name: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    redis: Redis | None = None
    watcher: "asyncio.Task[None] | None" = None
    is_closing: bool = False


_workshop: _Workshop | None = None
_workshop_lock = threading.Lock()
_taken = 0


class Busy(Exception):
    """As many answers wait in this process as it can make soon; ask again in `COME_BACK_S` seconds."""


@contextmanager
def room() -> Iterator[None]:
    """A place for one question that is being taken, beside those that are being answered. Raises Busy.

    It asks nobody: who finds no place must not wait for a database connection to hear so.
    """
    global _taken
    with _workshop_lock:
        running = len(_workshop.running) if _workshop is not None else 0
        if running + _taken >= AT_ONCE + WAITING_MOST:
            raise Busy
        _taken += 1
    try:
        yield
    finally:
        with _workshop_lock:
            _taken -= 1


def require_room() -> None:
    """Raises Busy. To be asked before a question is taken."""
    with room():
        pass


def launch(answer_id: UUID, opened: Opened | None = None) -> None:
    """Starts making the answer in this process and returns at once. `opened`: what was done of it already."""
    workshop = _open_workshop()
    workshop.loop.call_soon_threadsafe(_start, workshop, answer_id, opened)


async def stop(answer_id: UUID) -> None:
    """Ends the making of the answer, whichever process makes it. The text so far is stored as "stopped"."""
    workshop = _workshop
    if workshop is not None and (running := workshop.running.get(answer_id)):
        workshop.loop.call_soon_threadsafe(running.task.cancel)
        return
    try:
        await events.request_stop(answer_id)
    except EventsUnavailable:
        # The making process sees it with its next heartbeat.
        await to_pool(lambda: Answer.objects.filter(pk=answer_id, state__in=RUNNING).update(state=Answer.State.STOPPED))


async def drain(*, grace_s: float = 20.0) -> None:
    """Before the process ends: waits for running answers, then stores what the late ones have so far."""
    workshop = _workshop
    if workshop is None:
        return
    finished = asyncio.run_coroutine_threadsafe(_drain(workshop, grace_s), workshop.loop)
    await asyncio.wrap_future(finished)


# --- making ----------------------------------------------------------------------------------------------


def _open_workshop() -> _Workshop:
    global _workshop
    with _workshop_lock:
        if _workshop is None:
            _workshop = _Workshop()
            threading.Thread(target=_workshop.loop.run_forever, name="answers", daemon=True).start()
        return _workshop


def _start(workshop: _Workshop, answer_id: UUID, opened: Opened | None) -> None:
    if answer_id in workshop.running or workshop.is_closing:
        return  # A closing process leaves the row to the sweeper, which offers to try again.
    task = workshop.loop.create_task(_make(workshop, answer_id, opened), name=f"answer {answer_id}")
    workshop.running[answer_id] = _Running(task=task)
    if workshop.watcher is None or workshop.watcher.done():
        workshop.watcher = workshop.loop.create_task(_watch_for_stops(workshop))


async def _make(workshop: _Workshop, answer_id: UUID, opened: Opened | None) -> None:
    try:
        await _answer(workshop, answer_id, workshop.running[answer_id], opened)
    finally:
        workshop.running.pop(answer_id, None)
    task = asyncio.create_task(_name(workshop, answer_id), name=f"title {answer_id}")
    workshop.naming.add(task)
    task.add_done_callback(workshop.naming.discard)


async def _name(workshop: _Workshop, answer_id: UUID) -> None:
    """Names the conversation. Nobody waits for that, so answers in the making come first, for a while."""
    async with workshop.one_name:
        for _ in range(NAMES_WAIT_TIMES):
            if not workshop.running or workshop.is_closing:
                break
            await asyncio.sleep(NAMES_WAIT_S)
        await title.run(answer_id, offload=to_pool_patiently)


async def _answer(workshop: _Workshop, answer_id: UUID, running: _Running, opened: Opened | None) -> None:

    async def emit(kind: Kind, payload: dict[str, Any]) -> None:
        if kind == "text":
            running.text = payload["markdown"]
        # A stop while an event is being sent must end the answer and not the connection that all answers share.
        await asyncio.shield(_publish(workshop, running, answer_id, kind, payload))

    heartbeat = asyncio.create_task(_heartbeat(answer_id, running))
    try:
        async with workshop.places:
            await pipeline.answer(answer_id, emit, opened=opened, offload=to_pool_patiently, pace_s=PACE_S)
    except asyncio.CancelledError:
        await _end(answer_id, running, Answer.State.STOPPED)
    except Exception:  # The edge of a detached task: whatever went wrong, the reader gets an end.
        log.exception("answer.failed", extra={"answer_id": str(answer_id)})
        await _end(answer_id, running, Answer.State.FAILED)
    finally:
        heartbeat.cancel()
        if running.stop_notice:
            await to_pool_patiently(
                lambda: Answer.objects.filter(pk=answer_id, state=Answer.State.STOPPED).update(
                    notice=running.stop_notice
                )
            )
        done = await to_pool_patiently(lambda: following.finished(answer_id))
        if done is not None:
            await _publish(workshop, running, answer_id, "done", done)


async def _publish(
    workshop: _Workshop, running: _Running, answer_id: UUID, kind: Kind, payload: dict[str, Any]
) -> None:
    if not running.is_published:
        return
    workshop.redis = workshop.redis or events.connect()
    try:
        await events.append(workshop.redis, answer_id, kind, payload)
    except EventsUnavailable:
        # Part of a stream would be worse than none: from here on the readers poll the row.
        running.is_published = False
        workshop.redis = None
        log.warning("answer.events_lost", extra={"answer_id": str(answer_id)})


async def _heartbeat(answer_id: UUID, running: _Running) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        alive = await to_pool_patiently(
            lambda: Answer.objects.filter(pk=answer_id, state__in=RUNNING).update(
                heartbeat_at=timezone.now(), text=running.text
            )
        )
        if not alive:
            running.task.cancel()
            return


async def _watch_for_stops(workshop: _Workshop) -> None:
    """One question to Redis for all running answers, while there are any."""
    redis = events.connect()
    try:
        while workshop.running:
            await asyncio.sleep(STOP_CHECK_S)
            try:
                wanted = await events.stops_requested(redis, list(workshop.running)) if workshop.running else []
            except EventsUnavailable:
                await asyncio.sleep(HEARTBEAT_S)
                continue
            for answer_id in wanted:
                if running := workshop.running.get(answer_id):
                    running.task.cancel()
    finally:
        await redis.aclose()


async def _end(answer_id: UUID, running: _Running, state: Answer.State) -> None:
    """For what the pipeline could not store itself."""
    sentence = _("Something went wrong while this was being answered. Your question is kept; try again.")
    failure = sentence if state == Answer.State.FAILED else ""
    await to_pool_patiently(lambda: store.break_off(answer_id, text=running.text, failure=failure))


async def _drain(workshop: _Workshop, grace_s: float) -> None:
    workshop.is_closing = True
    if tasks := {running.task for running in workshop.running.values()}:
        _done, late = await asyncio.wait(tasks, timeout=grace_s)
        for running in workshop.running.values():
            running.stop_notice = _("The service was restarted while this was being written. Ask again for all of it.")
            running.task.cancel()
        if late:
            await asyncio.wait(late, timeout=5)
    if workshop.naming:
        _done, late = await asyncio.wait(workshop.naming, timeout=5)
        for task in late:
            task.cancel()
    if workshop.watcher is not None:
        workshop.watcher.cancel()
        await asyncio.wait([workshop.watcher])
    if workshop.redis is not None:
        await workshop.redis.aclose()
