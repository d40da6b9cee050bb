"""The one way to a language model, whichever deployment answers. Every call is counted and logged."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ragapp.lib.offload import Offload, to_pool
from ragapp.llm import attempts, deployments
from ragapp.llm.errors import EmptyReply, LLMError, NotConfigured
from ragapp.llm.types import ChatRequest, Completion, Delta, ProbeResult, Target, Usage
from ragapp.monitoring import metrics

log = logging.getLogger(__name__)


def is_configured() -> bool:
    """Whether there is a language model to ask; says nothing about whether it works. Reads the database."""
    return deployments.are_any()


async def stream(request: ChatRequest, *, offload: Offload = to_pool) -> AsyncGenerator[Delta, None]:
    """The answer in pieces as they come; the last piece has usage and finish_reason. Raises LLMError.

    Fails over to another attempt only before the first piece of text. Closing the generator, or cancelling the task
    that reads it, closes the provider's connection: read it inside `contextlib.aclosing`. The database is read in
    `offload`.
    """
    target = await offload(_chosen)
    if target is None:
        raise NotConfigured
    started = time.monotonic()
    outcome = "abandoned"
    try:
        deadline_s = request.deadline_s or target.timeout_s
        async with aclosing(attempts.stream(target, request, deadline_s=deadline_s)) as deltas:
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


async def complete(request: ChatRequest, *, offload: Offload = to_pool) -> Completion:
    """The whole answer at once. Raises LLMError."""
    parts: list[str] = []
    last = Delta()
    async with aclosing(stream(request, offload=offload)) as deltas:
        async for last in deltas:
            parts.append(last.text)
    if last.usage is None:
        raise EmptyReply
    return Completion(
        text="".join(parts), usage=last.usage, model=last.model, finish_reason=last.finish_reason or "stop"
    )


def probe(target: Target, timeout_s: float = 3.0) -> ProbeResult:
    """Asks the deployment for its models, which costs nothing. Never raises; blocks up to `timeout_s`."""
    from ragapp.llm import probing

    return asyncio.run(probing.probe(target, timeout_s=timeout_s))


def _chosen() -> Target | None:
    return next(iter(deployments.usable()), None)


def _count_tokens(usage: Usage) -> None:
    metrics.LLM_TOKENS.labels(direction="in").inc(usage.tokens_in)
    metrics.LLM_TOKENS.labels(direction="out").inc(usage.tokens_out)
