"""One streamed chat completion over the `openai` client: every way it can go wrong becomes an LLMError.

Importing this module imports `openai`, which takes a second: ragapp.llm.attempts does it at the first call.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk

from ragapp.lib import outbound
from ragapp.llm import errors, guarded
from ragapp.llm.translation import farewell, translate
from ragapp.llm.types import ChatRequest, Farewell, Target

WRITE_TIMEOUT_S = 10.0
# No token is longer on average; a server that ignores max_tokens is cut here.
CHARACTERS_PER_OUTPUT_TOKEN = 6

# What some servers refuse: it is left out, or renamed, when their refusal names it.
_ADAPTABLE = ("stream_options", "max_completion_tokens", "temperature", "seed")
_adaptations: dict[Target, frozenset[str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one event of the stream brought."""

    text: str = ""
    model: str = ""
    finish_reason: str | None = None
    usage: CompletionUsage | None = None
    fingerprint: str = ""
    farewell: Farewell | None = None


@dataclass(slots=True, kw_only=True)
class _Ends:
    """When to give up, on the loop's clock: while no text has come, and after that (`first` is then as `whole`)."""

    first: float
    whole: float


async def pieces(target: Target, request: ChatRequest, *, deadline: float) -> AsyncGenerator[Piece, None]:
    """The events of one answer, until the loop's clock reads `deadline`. One attempt; raises LLMError.

    The first text must come within the deployment's own time for it.

    Closing the generator closes the connection, so that the provider stops working.
    """
    limit = request.max_output_tokens or target.max_output_tokens
    ends = _Ends(first=deadline, whole=deadline)
    if target.first_token_timeout_s is not None:
        ends.first = min(deadline, asyncio.get_running_loop().time() + target.first_token_timeout_s)
    stream = await _open(target, request, limit, ends.first)
    length, is_finished, came = 0, False, False
    try:
        if said := farewell(stream.response.headers):
            yield Piece(farewell=said)
        async with aclosing(_events(stream, ends)) as events:
            async for piece in events:
                came = True
                is_finished = is_finished or piece.finish_reason is not None
                length += len(piece.text)
                if piece.text:
                    ends.first = ends.whole
                yield piece
                if length > limit * CHARACTERS_PER_OUTPUT_TOKEN:
                    yield Piece(finish_reason="length")
                    return
    finally:
        await stream.close()
    if not came:
        raise errors.MalformedReply("The server answered, but not with a stream of events.")
    if not is_finished:
        raise errors.StreamCut("The stream ended without a finish_reason.")


async def _open(
    target: Target, request: ChatRequest, limit: int, deadline: float
) -> openai.AsyncStream[ChatCompletionChunk]:
    """The stream, once the server has accepted the request; adapts to parameters that it refuses by name."""
    opened = await client(target)
    adaptations = _adaptations.get(target, frozenset())
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                stream: openai.AsyncStream[ChatCompletionChunk] = await opened.chat.completions.create(
                    **_parameters(target, request, limit, adaptations)
                )
        except Exception as error:  # whatever the client raises is mapped, and unknown kinds go on
            refused = _refused_parameter(error)
            if refused is None or refused in adaptations:
                raise translate(error, during="opening") from error
            adaptations |= {refused}
        else:
            _adaptations[target] = adaptations
            return stream


def _parameters(target: Target, request: ChatRequest, limit: int, adaptations: frozenset[str]) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "model": target.model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": limit,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        parameters["seed"] = request.seed
    if "max_completion_tokens" in adaptations:
        parameters["max_completion_tokens"] = parameters.pop("max_tokens")
    for name in adaptations - {"max_completion_tokens"}:
        parameters.pop(name, None)
    return parameters


def whole(target: Target, request: ChatRequest) -> dict[str, Any]:
    """What a request that does not stream sends."""
    limit = request.max_output_tokens or target.max_output_tokens
    adaptations = _adaptations.get(target, frozenset()) | {"stream_options"}
    return {**_parameters(target, request, limit, adaptations), "stream": False}


def _refused_parameter(error: Exception) -> str | None:
    if not isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError):
        return None
    said = f"{error.message} {error.param or ''}"
    return next((name for name in _ADAPTABLE if name in said), None)


async def _events(stream: openai.AsyncStream[ChatCompletionChunk], ends: _Ends) -> AsyncGenerator[Piece, None]:
    iterator = stream.__aiter__()
    while True:
        try:
            async with asyncio.timeout_at(ends.first):
                chunk = await anext(iterator, None)
            if chunk is None:
                return
            piece = _read(chunk)
        except Exception as error:  # as in _open
            raise translate(error, during="reading") from error
        yield piece


def _read(chunk: object) -> Piece:
    """The client builds its objects from any JSON without checking, so that is done here."""
    if not isinstance(chunk, ChatCompletionChunk):
        raise errors.MalformedReply(f"An event holds {type(chunk).__name__}, not a chunk of a chat completion.")
    try:
        choice = chunk.choices[0] if chunk.choices else None
        text = (choice.delta.content or "") if choice and choice.delta else ""
        finish_reason = choice.finish_reason if choice else None
        model, usage = chunk.model or "", chunk.usage
        fingerprint = str(chunk.system_fingerprint or "")
    except (AttributeError, TypeError, KeyError) as error:
        raise errors.MalformedReply("An event is no chunk of a chat completion.") from error
    if not isinstance(text, str):
        raise errors.MalformedReply("The content of an event is no text.")
    return Piece(text=text, model=model, finish_reason=finish_reason or None, usage=usage, fingerprint=fingerprint)


_holders: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Target, AsyncIterator[openai.AsyncOpenAI]]]" = (
    WeakKeyDictionary()
)
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Target, openai.AsyncOpenAI]]" = WeakKeyDictionary()


async def client(target: Target) -> openai.AsyncOpenAI:
    """This loop's client, whose connections are reused; it is closed when the loop ends."""
    loop = asyncio.get_running_loop()
    clients = _clients.setdefault(loop, {})
    if target not in clients:
        holder = _held(target)
        _holders.setdefault(loop, {})[target] = holder
        clients[target] = await anext(holder)
    return clients[target]


async def _held(target: Target) -> AsyncIterator[openai.AsyncOpenAI]:
    # A loop that ends closes its unfinished async generators, and this one closes the client.
    try:
        timeout = openai.Timeout(
            target.timeout_s, connect=target.connect_timeout_s, write=WRITE_TIMEOUT_S, pool=target.connect_timeout_s
        )
        client = openai.AsyncOpenAI(
            base_url=target.base_url,
            api_key=target.api_key or "none",
            max_retries=0,
            timeout=timeout,
            # Azure takes the key under this name, and as a bearer only where its newer addresses are used.
            default_headers={"api-key": target.api_key} if target.kind == "azure" else None,
            http_client=guarded.client(timeout=timeout)
            if target.is_guarded
            # Reading the certificates takes a third of a second: once for all clients.
            else openai.DefaultAsyncHttpxClient(verify=outbound.trust(), timeout=timeout),
        )
    except Exception as error:  # as in _open
        raise translate(error, during="opening") from error
    async with client:
        yield client
