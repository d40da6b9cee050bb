"""An answer as it is written: server-sent events that the browser may leave and join again."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat import conversations, following, streaming
from chat.events import Event, with_heartbeat
from chat.views.rendering import streaming_html
from ragapp.accounts.models import User
from ragapp.lib.offload import release_connection, to_pool

RETRY_MS = 1500


@require_safe
async def stream(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Stages, sources, text so far, done; `expired` once the session has ended. 404 for other people's answers."""
    user = await request.auser()
    if not isinstance(user, User):
        return _respond(_expired())
    # Who holds one connection and waits for another may wait for ever.
    await release_connection()
    state = await to_pool(
        lambda: conversations.answers_visible_to(user).filter(pk=pk).values_list("state", flat=True).first()
    )
    if state is None:
        raise Http404
    after = request.headers.get("Last-Event-ID", "0")
    return _respond(_written(request, user, pk, after, is_running=state in streaming.RUNNING))


async def _written(request: HttpRequest, user: User, pk: UUID, after: str, *, is_running: bool) -> AsyncIterator[str]:
    await release_connection()
    yield f"retry: {RETRY_MS}\n\n"

    async def may_see() -> bool:
        return await to_pool(lambda: _may_see(request, user, pk))

    async with aclosing(with_heartbeat(following.read(pk, after, may_see=may_see, is_running=is_running))) as events:
        async for event in events:
            if event is None:
                yield ": still here\n\n"
                continue
            if event.kind == "done" and event.data.get("state") == "gone":
                is_signed_in = await to_pool(lambda: _session_lives(request, user))
                yield _message("", "done" if is_signed_in else "expired", "")
                return
            yield _message(event.id, event.kind, _html(event))


async def _expired() -> AsyncIterator[str]:
    yield _message("", "expired", "")


def _respond(content: AsyncIterator[str]) -> StreamingHttpResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type="text/event-stream", headers=headers)


def _message(event_id: str, kind: str, html: str) -> str:
    """One event on the wire; every line of the data is a line of its own."""
    lines = [f"id: {event_id}"] if event_id else []
    lines += [f"event: {kind}", *(f"data: {line}" for line in html.splitlines() or [""])]
    return "\n".join(lines) + "\n\n"


def _html(event: Event) -> str:
    data: dict[str, Any] = event.data
    if event.kind == "text":
        return streaming_html(str(data.get("markdown", "")))
    if event.kind == "sources":
        return render_to_string("chat/_sources_found.html", {"sources": data.get("sources", ())})
    if event.kind == "stage":
        return render_to_string("chat/_stage.html", {"words": stage_words(str(data.get("name", "")))})
    return ""


def stage_words(name: str) -> str:
    """What a stage does, for the person who waits."""
    if name in ("guard", "rewrite"):
        return _("Reading your question")
    if name in ("retrieve", "decide"):
        return _("Searching your documents")
    if name in ("cite", "check", "store"):
        return _("Checking the sources")
    return _("Answering")


def _may_see(request: HttpRequest, user: User, pk: UUID) -> bool:
    return _session_lives(request, user) and conversations.answers_visible_to(user).filter(pk=pk).exists()


def _session_lives(request: HttpRequest, user: User) -> bool:
    """True while the person is still signed in: session there, account active, password unchanged."""
    session = type(request.session)(session_key=request.session.session_key)
    fresh = User.objects.filter(pk=user.pk, is_active=True).first()
    return (
        fresh is not None
        and session.get(SESSION_KEY) == str(user.pk)
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), fresh.get_session_auth_hash())
    )
