"""/v1/: the chat as OpenAI's clients speak to it. Each request stands for itself; nothing appears in the sidebar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from chat import conversations, programs, streaming
from chat.api import openai_reply as reply
from chat.api import openai_request
from chat.api.making import events, finish, in_pool, loaded, require_room
from chat.api.openai_request import Wanted
from chat.api.showing import answer_out
from chat.models import Answer, AskedByProgram, Release
from ragapp.accounts.models import ApiToken, Scope
from ragapp.api.callers import admitted
from ragapp.api.problems import Refused, answer_openai, openai_error
from ragapp.lib.offload import release_connection, to_pool

Result = TypeVar("Result")


@csrf_exempt  # No session is looked at, so no other site can act through somebody's browser.
async def completions(request: HttpRequest) -> HttpResponseBase:
    """A question and what was said before it; the answer at once or as it is written."""
    try:
        if request.method != "POST":
            raise Refused(405, _("Send questions with POST."), headers={"Allow": "POST"})
        token = await in_pool(lambda: admitted(request, Scope.CHAT))
        wanted = openai_request.read(_body(request))
        require_room()
        answer_id = await in_pool(lambda: _begin(wanted, token))
    except Refused as refused:
        return answer_openai(refused)
    streaming.launch(answer_id)
    if wanted.is_stream:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingHttpResponse(
            _written(request, token, answer_id, with_usage=wanted.with_usage),
            content_type="text/event-stream",
            headers=headers,
        )
    return await _whole(request, token, answer_id)


@csrf_exempt
async def models(request: HttpRequest, name: str = "") -> HttpResponse:
    """The releases that the token may name, and the name for whichever answers its owner; or one of them."""
    try:
        if request.method != "GET":
            raise Refused(405, _("Models are listed with GET."), headers={"Allow": "GET"})
        token = await in_pool(lambda: admitted(request, Scope.CHAT, counted_as="api_read"))
        listed = await in_pool(lambda: _models(token))
        if not name:
            return JsonResponse({"object": "list", "data": list(listed.values())})
        if name not in listed:
            raise _no_model(name)
        return JsonResponse(listed[name])
    except Refused as refused:
        return answer_openai(refused)


# --- asking ----------------------------------------------------------------------------------------------


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise Refused(413, _("The request is larger than may be sent here."), _("Send fewer messages.")) from None


def _begin(wanted: Wanted, token: ApiToken) -> UUID:
    """The id of the pending answer. Raises Refused for a model or a collection that there is not."""
    release = None
    if wanted.model != reply.OURS:
        release = {one.name: one for one in programs.releases_for(token.owner)}.get(wanted.model)
        if release is None:
            raise _no_model(wanted.model)
    try:
        answer = programs.ask(
            wanted.question,
            token=token,
            door=AskedByProgram.Door.OPENAI,
            collection_id=wanted.collection_id,
            as_of=wanted.as_of,
            before=wanted.before,
            release=release,
        )
    except conversations.CollectionUnknown:
        sentence = "There is no such collection, or you may not read it."
        raise Refused(404, sentence, param="ragapp.collection", code="collection_not_found") from None
    return answer.pk


def _no_model(name: str) -> Refused:
    hint = _("GET /v1/models lists those that you may use.")
    return Refused(
        404,
        _("There is no model “%(name)s” for you.") % {"name": name[:80]},
        hint,
        param="model",
        code="model_not_found",
    )


def _models(token: ApiToken) -> dict[str, dict[str, Any]]:
    releases: list[Release] = list(programs.releases_for(token.owner))
    return {reply.OURS: reply.model(reply.OURS, releases[0])} | {
        one.name: reply.model(one.name, one) for one in releases
    }


# --- answering -------------------------------------------------------------------------------------------


async def _whole(request: HttpRequest, token: ApiToken, answer_id: UUID) -> HttpResponse:
    await finish(token, answer_id)
    return await in_pool(lambda: _completion(request, token, answer_id))


def _completion(request: HttpRequest, token: ApiToken, answer_id: UUID) -> HttpResponse:
    answer = loaded(answer_id)
    if answer is None or answer.state == Answer.State.FAILED:
        return answer_openai(_gone() if answer is None else reply.failed(answer))
    return JsonResponse(reply.whole(answer, reader=token.owner, request=request))


async def _written(request: HttpRequest, token: ApiToken, answer_id: UUID, *, with_usage: bool) -> AsyncIterator[str]:
    """The stream. What was sent is never taken back; should the stored answer differ, it follows after a blank line."""
    await release_connection()
    begun = await to_pool(lambda: Answer.objects.select_related("release").get(pk=answer_id))
    sent, has_ended = "", False
    try:
        yield reply.event(reply.chunk(begun, {"role": "assistant", "content": ""}))
        async with aclosing(events(token, answer_id)) as following:
            async for event in following:
                if event is None:
                    yield ": still here\n\n"
                elif event.kind == "text" and (more := _more(sent, str(event.data.get("markdown", "")))):
                    sent += more
                    yield reply.event(reply.chunk(begun, {"content": more}))
        has_ended = True
        for piece in await in_pool(lambda: _ending(request, token, answer_id, sent=sent, with_usage=with_usage)):
            yield reply.event(piece)
    finally:
        if not has_ended:
            await asyncio.shield(streaming.stop(answer_id))


def _ending(
    request: HttpRequest, token: ApiToken, answer_id: UUID, *, sent: str, with_usage: bool
) -> list[dict[str, Any] | str]:
    answer = loaded(answer_id)
    if answer is None or answer.state == Answer.State.FAILED:
        return [openai_error(_gone() if answer is None else reply.failed(answer)), "[DONE]"]
    told = answer_out(answer, reader=token.owner, request=request)
    more = _more(sent, told["text"])
    pieces: list[dict[str, Any] | str] = [reply.chunk(answer, {"content": more})] if more else []
    pieces.append(reply.chunk(answer, {}, reply.finish_reason(answer), ragapp=reply.extension(told)))
    if with_usage:
        pieces.append(reply.usage_chunk(answer))
    return [*pieces, "[DONE]"]


def _more(sent: str, text: str) -> str:
    """What is to be added to `sent`, so that it holds `text`."""
    if not text.strip() or text.strip() == sent.strip():
        return ""
    return text[len(sent) :] if text.startswith(sent) else f"\n\n{text}"


def _gone() -> Refused:
    return Refused(503, _("The answer was taken away while it was made."), _("Ask again."))


urls = (
    [
        path("chat/completions", completions, name="completions"),
        path("models", models, name="models"),
        path("models/<str:name>", models, name="model"),
    ],
    "openai",
)
