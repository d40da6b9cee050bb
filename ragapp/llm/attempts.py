"""One answer of one deployment: a bounded number of attempts within a deadline, usage and cost at the end.

`openai` is imported at the first call and not before.
"""

import asyncio
import importlib
import logging
import math
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from ragapp.llm import pricing
from ragapp.llm.errors import EmptyReply, LLMError
from ragapp.llm.types import ChatRequest, Delta, Target, Usage

if TYPE_CHECKING:
    from openai.types import CompletionUsage

log = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_WAIT_S = 0.5


_is_ready = False


async def make_ready() -> None:
    """Importing takes seconds the first time: not on the loop that serves everyone, nor from anybody's deadline."""
    global _is_ready
    # Under load each way to a thread and back waits for the interpreter, before the first word of every answer.
    if not _is_ready:
        await asyncio.to_thread(importlib.import_module, "ragapp.llm.clients")
        _is_ready = True


async def stream(
    target: Target, request: ChatRequest, *, deadline_s: float, patience_s: float = math.inf
) -> AsyncGenerator[Delta, None]:
    """The answer in pieces as they come; the last piece has usage and finish_reason. Raises LLMError.

    Tries again only before the first piece of text, and only where the wait is at most `patience_s`. Closing the
    generator, or cancelling the task that reads it, closes the provider's connection: read it inside
    `contextlib.aclosing`.
    """
    await make_ready()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + deadline_s
    for attempt in range(ATTEMPTS):
        has_started = False
        try:
            async with aclosing(_once(target, request, deadline)) as deltas:
                async for delta in deltas:
                    has_started = True
                    yield delta
            return
        except LLMError as error:
            wait_s = _wait_s(error, attempt)
            is_last = attempt + 1 == ATTEMPTS or wait_s > patience_s or loop.time() + wait_s >= deadline
            if has_started or is_last or not error.retryable:
                raise
            log.info("llm.retried", extra={"model": target.model, "error": type(error).__name__, "wait_s": wait_s})
        await asyncio.sleep(wait_s)


def _wait_s(error: LLMError, attempt: int) -> float:
    """What the provider asked for, else twice as long each time; spread so that callers do not come back at once."""
    least = FIRST_WAIT_S * 2**attempt if error.retry_after_s is None else error.retry_after_s
    return least * random.uniform(1.0, 1.25)


async def _once(target: Target, request: ChatRequest, deadline: float) -> AsyncGenerator[Delta, None]:
    from ragapp.llm import clients

    model, finish_reason, fingerprint, reported, farewell = target.model, "stop", "", None, None
    characters: list[str] = []
    async with aclosing(clients.pieces(target, request, deadline=deadline)) as pieces:
        async for piece in pieces:
            model = piece.model or model
            finish_reason = piece.finish_reason or finish_reason
            fingerprint, farewell = piece.fingerprint or fingerprint, piece.farewell or farewell
            reported = piece.usage or reported
            if piece.text:
                characters.append(piece.text)
                yield Delta(text=piece.text, model=model)
    text = "".join(characters)
    if not text.strip():
        raise EmptyReply(f"The answer held no text (finish_reason {finish_reason}).")
    usage = await asyncio.to_thread(usage_of, target, request, text, reported)
    yield Delta(usage=usage, model=model, finish_reason=finish_reason, fingerprint=fingerprint, farewell=farewell)


def usage_of(target: Target, request: ChatRequest, text: str, reported: "CompletionUsage | None" = None) -> Usage:
    """As the provider counted, else as estimated; the first call loads the price table, which takes a second."""
    if reported and isinstance(reported.prompt_tokens, int) and isinstance(reported.completion_tokens, int):
        tokens_in, tokens_out = reported.prompt_tokens, reported.completion_tokens
        details = reported.prompt_tokens_details
        cached = (details.cached_tokens if details else None) or 0
    else:
        reported = None
        tokens_in = tokens_of(request)
        tokens_out, cached = pricing.estimate_tokens(text), 0
    cost_usd, price = pricing.cost(target, tokens_in=tokens_in, tokens_out=tokens_out, cached_tokens_in=cached)
    return Usage(
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cached_tokens_in=cached,
        cost_usd=cost_usd,
        price=price,
        is_estimated=reported is None,
    )


def tokens_of(request: ChatRequest) -> int:
    """About how many tokens the messages have."""
    return sum(pricing.estimate_tokens(message.content) for message in request.messages)
