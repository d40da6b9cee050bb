"""The one way to language models: a request walks through the deployments of its route until one answers.

Every call ends as a row in the ledger. What blocks, the database and Redis, is done in `offload`.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from django.conf import settings

from ragapp.lib.offload import Offload, to_pool
from ragapp.llm import attempts, batching, deployments, ledger, routes, walk
from ragapp.llm.errors import EmptyReply, LLMError, Resting
from ragapp.llm.ledger import Turn
from ragapp.llm.types import ChatRequest, Completion, Delta, ProbeResult, Room, Target, Task
from ragapp.llm.walk import Walk

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# With somebody else to ask, a provider that wants a longer pause is left.
PATIENCE_S = 1.0
# How long a call waits for a place where all deployments are at their limit, and how often it looks.
QUEUE_S = 5.0
LOOK_S = 0.1


def is_configured() -> bool:
    """Whether there is a language model to ask; says nothing about whether it works. Reads the database."""
    return deployments.are_any()


def room(task: Task, route: Mapping[str, Any] | None = None) -> Room | None:
    """What may be sent for `task`; None when no model does it. Reads the database."""
    plan = routes.plan(task, route)
    if not plan.steps:
        return None
    return Room(context_tokens=plan.context_tokens, max_output_tokens=plan.max_output_tokens, timeout_s=plan.timeout_s)


def writers(task: Task, route: Mapping[str, Any] | None = None) -> list[str]:
    """The models that may do `task`, with their addresses, in the order they are asked. Reads the database."""
    return [f"{target.model} {target.base_url}" for target in routes.plan(task, route).targets]


async def stream(request: ChatRequest, *, offload: Offload = to_pool) -> AsyncGenerator[Delta, None]:
    """The answer in pieces as they come; the last piece has usage and finish_reason. Raises LLMError.

    When a deployment fails, the next one is asked, until the deadline; after the first word only if the request says
    that nothing was shown, which a piece with `starts_over` tells. Closing the generator, or cancelling the task that
    reads it, closes the provider's connection: read it inside `contextlib.aclosing`. Inside `batching.offline` what a
    batch brought is the answer, and `batching.Postponed` is raised while it is waited for.
    """
    loop = asyncio.get_running_loop()
    work = batching.current()
    if work is not None and (kept := await offload(lambda: batching.look_up(request, work))):
        yield Delta(text=kept.text, model=kept.model)
        yield Delta(usage=kept.usage, model=kept.model, finish_reason=kept.finish_reason)
        return
    await attempts.make_ready()
    started = loop.time()
    # Both at once: each visit to the pool waits for a thread.
    walking, turn = await _taken(lambda: walk.begin(request), lambda begun: begun[1], offload)
    deadline = started + (request.deadline_s or walking.plan.timeout_s)
    failure: LLMError | None = None
    has_started = False
    while turn := turn or await _next(walking, deadline, offload):
        if has_started:
            has_started = False
            try:
                yield Delta(starts_over=True)
            except GeneratorExit:
                await _given_back(turn, offload)
                raise
        asked = _raced if settings.LLM_HEDGE_AFTER_S and not walking.is_last else _asked
        try:
            async with aclosing(asked(walking, turn, deadline, offload)) as deltas:
                async for delta in deltas:
                    has_started = has_started or bool(delta.text)
                    yield delta
            return
        except LLMError as error:
            failure, turn = error, None
            if loop.time() >= deadline or (has_started and not request.may_start_over()):
                raise
    raise failure or Resting()


async def complete(request: ChatRequest, *, offload: Offload = to_pool) -> Completion:
    """The whole answer at once. Raises LLMError."""
    parts: list[str] = []
    last = Delta()
    async with aclosing(stream(replace(request, may_start_over=lambda: True), offload=offload)) as deltas:
        async for last in deltas:
            if last.starts_over:
                parts.clear()
            parts.append(last.text)
    if last.usage is None:
        raise EmptyReply
    return Completion(
        text="".join(parts),
        usage=last.usage,
        model=last.model,
        finish_reason=last.finish_reason or "stop",
        fingerprint=last.fingerprint,
        farewell=last.farewell,
    )


def prepare() -> None:
    """Loads what probing needs, which takes seconds on a busy machine, before anybody looks at a clock."""
    from ragapp.llm import clients, probing  # noqa: F401


def probe(targets: Sequence[Target], timeout_s: float = 3.0) -> list[ProbeResult]:
    """Asks each deployment for its models, all at once, which costs nothing. Never raises; blocks up to `timeout_s`."""
    from ragapp.llm import probing

    return asyncio.run(probing.probe(targets, timeout_s=timeout_s))


async def _next(walking: Walk, deadline: float, offload: Offload) -> Turn | None:
    """Waits a little where everybody is at the limit."""
    loop = asyncio.get_running_loop()
    patient_until = min(deadline, loop.time() + QUEUE_S)
    while True:
        turn = await _next_turn(walking, deadline - loop.time(), offload)
        if turn is not None or not walking.was_full or loop.time() >= patient_until:
            return turn
        await asyncio.sleep(LOOK_S)


async def _next_turn(walking: Walk, within_s: float, offload: Offload) -> Turn | None:
    return await _taken(lambda: walk.next_turn(walking, within_s=max(0.0, within_s)), lambda turn: turn, offload)


async def _taken(take: Callable[[], Result], turn_of: Callable[[Result], Turn | None], offload: Offload) -> Result:
    """What `take` returns. Who is cancelled meanwhile has no use for the turn that comes of it, and others have."""
    taking = asyncio.ensure_future(offload(take))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        await asyncio.wait([taking])
        if taking.exception() is None and (turn := turn_of(taking.result())):
            await _given_back(turn, offload)
        raise


async def _given_back(turn: Turn, offload: Offload) -> None:
    await asyncio.shield(offload(lambda: ledger.give_back(turn)))


async def _asked(walking: Walk, turn: Turn, deadline: float, offload: Offload) -> AsyncGenerator[Delta, None]:
    """One deployment's answer; however it ends, its end is recorded."""
    left_s = deadline - asyncio.get_running_loop().time()
    patience_s = math.inf if walking.is_last else PATIENCE_S
    is_saving = turn.routed_by == "budget"
    try:
        answer = _unmasked(turn.target, walking.request, deadline_s=left_s, patience_s=patience_s, offload=offload)
        async with aclosing(answer) as deltas:
            async for delta in deltas:
                turn.take(delta)
                yield replace(delta, fallback_step=turn.fallback_step, is_saving=is_saving)
    except LLMError as error:
        turn.fail(error)
        raise
    finally:
        await asyncio.shield(offload(lambda: ledger.close(turn, walking.request)))


async def _unmasked(
    target: Target, request: ChatRequest, *, deadline_s: float, patience_s: float, offload: Offload
) -> AsyncGenerator[Delta, None]:
    """The answer as the reader may see it; a model that may not see personal data gets placeholders."""
    deadline_s = min(deadline_s, target.timeout_s)
    if target.may_see_personal_data:
        async with aclosing(attempts.stream(target, request, deadline_s=deadline_s, patience_s=patience_s)) as deltas:
            async for delta in deltas:
                yield delta
        return
    from ragapp.llm import pseudonyms

    masked = await offload(lambda: pseudonyms.mask(request))
    restorer = pseudonyms.Restorer(values=masked.values)
    async with aclosing(
        attempts.stream(target, masked.request, deadline_s=deadline_s, patience_s=patience_s)
    ) as deltas:
        async for delta in deltas:
            if delta.usage is not None and (rest := restorer.rest()):
                yield Delta(text=rest, model=delta.model)
            text = restorer.take(delta.text)
            if text or not delta.text:
                yield replace(delta, text=text)


async def _raced(walking: Walk, turn: Turn, deadline: float, offload: Offload) -> AsyncGenerator[Delta, None]:
    """As `_asked`; when the first word takes too long a second deployment is asked too, and the faster one answers."""
    racing: dict[asyncio.Future[Delta], tuple[Turn, AsyncGenerator[Delta, None]]] = {}

    def start(one: Turn) -> None:
        answer = _asked(walking, one, deadline, offload)
        racing[asyncio.ensure_future(anext(answer))] = one, answer

    start(turn)
    failure: LLMError | None = None
    try:
        done, _ = await asyncio.wait(racing, timeout=settings.LLM_HEDGE_AFTER_S)
        left_s = deadline - asyncio.get_running_loop().time()
        if not done and (second := await _next_turn(walking, left_s, offload)):
            start(second)
        while racing:
            done, _ = await asyncio.wait(racing, return_when=asyncio.FIRST_COMPLETED)
            first = done.pop()
            _, answer = racing.pop(first)
            try:
                delta = first.result()
            except LLMError as error:
                failure = error
                continue
            await _called_off(racing)
            async with aclosing(answer):
                yield delta
                async for delta in answer:
                    yield delta
            return
        raise failure or Resting()
    finally:
        await _called_off(racing)


async def _called_off(racing: dict[asyncio.Future[Delta], tuple[Turn, AsyncGenerator[Delta, None]]]) -> None:
    """The slower ones end, and their providers stop working."""
    while racing:
        waiting, (turn, answer) = racing.popitem()
        turn.outcome = "outrun"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await answer.aclose()
