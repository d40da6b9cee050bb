"""The one way to a language model: a bounded number of attempts, a deadline, usage and cost with every answer.

One deployment, from the settings. `openai` is imported at the first call and not before.
"""

import asyncio
import importlib
import logging
import random
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from django.conf import settings

from ragapp.llm import pricing
from ragapp.llm.errors import EmptyReply, LLMError, NotConfigured
from ragapp.llm.types import ChatRequest, Completion, Delta, Deployment, ProbeResult, Usage
from ragapp.monitoring import metrics

if TYPE_CHECKING:
    from openai.types import CompletionUsage

log = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_WAIT_S = 0.5
OPENAI_URL = "https://api.openai.com/v1"


def deployment() -> Deployment | None:
    """The configured model, or None: a model name and an address or a key are needed."""
    if not settings.LLM_MODEL or not (settings.LLM_BASE_URL or settings.LLM_API_KEY):
        return None
    return Deployment(
        base_url=settings.LLM_BASE_URL or OPENAI_URL,
        api_key=settings.LLM_API_KEY,
        model=settings.LLM_MODEL,
        timeout_s=settings.LLM_TIMEOUT_S,
        max_output_tokens=settings.LLM_MAX_OUTPUT_TOKENS,
    )


def is_configured() -> bool:
    """Whether there is a language model to ask; says nothing about whether it works."""
    return deployment() is not None


async def stream(request: ChatRequest) -> AsyncGenerator[Delta, None]:
    """The answer in pieces as they come; the last piece has usage and finish_reason. Raises LLMError.

    Fails over to another attempt only before the first piece of text. Closing the generator, or cancelling the task
    that reads it, closes the provider's connection: read it inside `contextlib.aclosing`.
    """
    target = deployment()
    if target is None:
        raise NotConfigured
    started = time.monotonic()
    outcome = "abandoned"
    try:
        async with aclosing(_attempts(target, request)) as deltas:
            async for delta in deltas:
                if delta.usage:
                    outcome = "answered"
                    _count_tokens(delta.usage)
                yield delta
    except LLMError as error:
        outcome = type(error).__name__
        log.warning(
            "llm.failed", extra={"task": request.task, "model": target.model, "error": outcome, "said": str(error)}
        )
        raise
    finally:
        metrics.LLM_CALLS.labels(task=request.task, outcome=outcome).inc()
        ms = round((time.monotonic() - started) * 1000)
        log.info("llm.called", extra={"task": request.task, "model": target.model, "outcome": outcome, "ms": ms})


async def complete(request: ChatRequest) -> Completion:
    """The whole answer at once. Raises LLMError."""
    parts: list[str] = []
    last = Delta()
    async with aclosing(stream(request)) as deltas:
        async for last in deltas:
            parts.append(last.text)
    if last.usage is None:
        raise EmptyReply
    return Completion(
        text="".join(parts), usage=last.usage, model=last.model, finish_reason=last.finish_reason or "stop"
    )


def probe(timeout_s: float = 3.0) -> ProbeResult:
    """Asks the configured endpoint for its models, which costs nothing. Never raises; blocks up to `timeout_s`."""
    target = deployment()
    if target is None:
        return ProbeResult(ok=False, sentence=str(NotConfigured()))
    from ragapp.llm import probing

    return probing.probe(target, timeout_s=timeout_s)


async def _attempts(target: Deployment, request: ChatRequest) -> AsyncGenerator[Delta, None]:
    # Importing takes a second or two the first time: not on the loop that serves everyone, nor from the deadline.
    await asyncio.to_thread(importlib.import_module, "ragapp.llm.clients")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (request.deadline_s or target.timeout_s)
    for attempt in range(ATTEMPTS):
        has_started = False
        try:
            async with aclosing(_one_attempt(target, request, deadline)) as deltas:
                async for delta in deltas:
                    has_started = True
                    yield delta
            return
        except LLMError as error:
            wait_s = _wait_s(error, attempt)
            is_last = attempt + 1 == ATTEMPTS or loop.time() + wait_s >= deadline
            if has_started or is_last or not error.retryable:
                raise
            log.info("llm.retried", extra={"model": target.model, "error": type(error).__name__, "wait_s": wait_s})
        await asyncio.sleep(wait_s)


def _wait_s(error: LLMError, attempt: int) -> float:
    """What the provider asked for, else twice as long each time; spread so that callers do not come back at once."""
    least = FIRST_WAIT_S * 2**attempt if error.retry_after_s is None else error.retry_after_s
    return least * random.uniform(1.0, 1.25)


async def _one_attempt(target: Deployment, request: ChatRequest, deadline: float) -> AsyncGenerator[Delta, None]:
    from ragapp.llm import clients

    model, finish_reason, reported = target.model, "stop", None
    characters: list[str] = []
    async with aclosing(clients.pieces(target, request, deadline=deadline)) as pieces:
        async for piece in pieces:
            model = piece.model or model
            finish_reason = piece.finish_reason or finish_reason
            reported = piece.usage or reported
            if piece.text:
                characters.append(piece.text)
                yield Delta(text=piece.text, model=model)
    text = "".join(characters)
    if not text.strip():
        raise EmptyReply(f"The answer held no text (finish_reason {finish_reason}).")
    usage = await asyncio.to_thread(_usage, target, request, text, reported)
    yield Delta(usage=usage, model=model, finish_reason=finish_reason)


def _usage(target: Deployment, request: ChatRequest, text: str, reported: "CompletionUsage | None") -> Usage:
    """As the provider counted, else as estimated; the first call loads the price table, which takes a second."""
    if reported and isinstance(reported.prompt_tokens, int) and isinstance(reported.completion_tokens, int):
        tokens_in, tokens_out = reported.prompt_tokens, reported.completion_tokens
        details = reported.prompt_tokens_details
        cached = (details.cached_tokens if details else None) or 0
    else:
        reported = None
        tokens_in = sum(pricing.estimate_tokens(message.content) for message in request.messages)
        tokens_out, cached = pricing.estimate_tokens(text), 0
    cost_usd, price = pricing.cost(
        base_url=target.base_url,
        model=target.model,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cached_tokens_in=cached,
    )
    return Usage(
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cached_tokens_in=cached,
        cost_usd=cost_usd,
        price=price,
        is_estimated=reported is None,
    )


def _count_tokens(usage: Usage) -> None:
    metrics.LLM_TOKENS.labels(direction="in").inc(usage.tokens_in)
    metrics.LLM_TOKENS.labels(direction="out").inc(usage.tokens_out)
