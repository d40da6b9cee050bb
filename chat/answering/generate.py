"""Lets the model write, and releases its text sentence by sentence once each has passed the cheap checks."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from chat.answering import stopping
from chat.answering.language import say
from chat.answering.types import SEED, Composed, Draft, Order, Spent
from chat.guardrails import output
from chat.guardrails.gate import Blocked, Gate
from ragapp.lib.offload import Offload
from ragapp.lib.text import sentences
from ragapp.llm import gateway
from ragapp.llm.errors import EmptyReply, LLMError
from ragapp.llm.types import ChatRequest, Delta, Message, Room

log = logging.getLogger(__name__)

NOT_FOUND = "NOT_IN_SOURCES"
_TRAILING_MARKERS = re.compile(r"\s*(\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]\s*)+")

Release = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class _Writing:
    """What has come and what of it was released."""

    composed: Composed
    known: frozenset[int]
    gate: Gate
    offload: Offload
    buffer: str = ""
    released: str = ""
    model: str = ""
    fallback_step: int = 0
    is_saving: bool = False
    spent: Spent = field(default_factory=Spent)


async def run(
    order: Order,
    composed: Composed,
    release: Release,
    *,
    gate: Gate,
    room: Room,
    prefers_small: bool,
    offload: Offload,
) -> Draft | LLMError:
    """The model's answer; the error when it failed before anything was released.

    `release` is called with the whole text so far. Text that was released is never repeated or taken back: when the
    model fails later, the draft is what stands, with a notice. Only a guard that blocks takes the whole text back: then
    the draft has no text, and says that it was withdrawn.
    """
    writing = _Writing(composed=composed, known=frozenset(composed.markers), gate=gate, offload=offload)
    request = ChatRequest(
        task="answer",
        messages=(Message(role="system", content=composed.system), Message(role="user", content=composed.user)),
        max_output_tokens=room.max_output_tokens,
        deadline_s=room.timeout_s,
        seed=SEED,
        caller=order.caller,
        route=order.route,
        prefers_small=prefers_small,
        may_start_over=lambda: not writing.released,
    )
    try:
        async with aclosing(gateway.stream(request, offload=offload)) as deltas:
            async for delta in deltas:
                await _take(writing, delta, release)
        await _flush(writing, release)
    except asyncio.CancelledError:
        stopping.heard()
        return _draft(writing, is_stopped=True)
    except Blocked:
        writing.released = writing.buffer = ""
        return replace(_draft(writing), is_withdrawn=True)
    except LLMError as error:
        log.warning("generate.failed", extra={"error": type(error).__name__, "released": len(writing.released)})
        if not _has_words(writing.released):
            return error
        return _draft(writing, notice=say("cut", order.language))
    if not _has_words(writing.released) and not gate.left_out and not _says_not_found(writing.buffer):
        return EmptyReply()
    if not _has_words(writing.released) and gate.left_out:
        return replace(_draft(writing), text="", is_withdrawn=True)
    if gate.left_out:
        return _draft(writing, notice=say("removed_by_guard", order.language))
    return _draft(writing, notice=say("saving", order.language) if writing.is_saving else "")


async def _take(writing: _Writing, delta: Delta, release: Release) -> None:
    if delta.starts_over:
        writing.buffer = ""
        writing.gate.forget()
    writing.buffer += delta.text
    writing.fallback_step, writing.is_saving = delta.fallback_step, delta.is_saving
    writing.model = delta.model or writing.model
    if delta.usage is not None:
        usage = delta.usage
        writing.spent = Spent(
            tokens_in=usage.tokens_in, tokens_out=usage.tokens_out, cost_usd=usage.cost_usd, price=usage.price
        )
    if not delta.text or _says_not_found(writing.buffer):
        return
    ready = _complete(writing.buffer)
    if ready:
        await _let_out(writing, ready, release)


async def _flush(writing: _Writing, release: Release) -> None:
    if writing.buffer.strip() and not _says_not_found(writing.buffer):
        await _let_out(writing, len(writing.buffer), release)


async def _let_out(writing: _Writing, end: int, release: Release) -> None:
    piece, writing.buffer = writing.buffer[:end], writing.buffer[end:]
    known = await writing.offload(lambda: _passed(piece, writing.gate))
    clean = output.with_known_markers(known, writing.known)
    # Markers alone are what is left of sentences that were left out.
    if clean.strip() and (writing.released or output.without_markers(clean).strip()):
        writing.released += clean
        # The line above a table's rows or a code's may be all that comes.
        if _has_words(writing.released):
            await release(writing.released.strip())


def _passed(piece: str, gate: Gate) -> str:
    kept = []
    at = 0
    for _, stop in [*sentences(piece)[:-1], (0, len(piece))]:
        kept.append(gate.let_through(piece[at:stop]))
        at = stop
    return "".join(kept)


def _complete(buffer: str) -> int:
    """How many characters are whole sentences with the markers behind them. A link that is not closed yet waits."""
    spans = sentences(buffer)
    if len(spans) < 2 and not buffer.endswith("\n"):
        return 0
    end = spans[-2][1] if len(spans) > 1 else len(buffer)
    if behind := _TRAILING_MARKERS.match(buffer, end):
        end = behind.end()
        if end == len(buffer):
            return 0  # another marker may follow
    elif re.match(r"\s*\[[^\]]*$", buffer[end:]):
        return 0
    head = buffer[:end]
    return end if head.count("[") == head.count("]") and head.count("<") == head.count(">") else 0


def _has_words(text: str) -> bool:
    return any(letter.isalnum() for letter in output.without_markers(text))


def _says_not_found(text: str) -> bool:
    """True also while the text may still become that line."""
    start = text.strip().strip("`*. ")
    return bool(start) and (NOT_FOUND.startswith(start) or start.startswith(NOT_FOUND))


def _draft(writing: _Writing, *, notice: str = "", is_stopped: bool = False) -> Draft:
    return Draft(
        text=writing.released.strip(),
        markers=writing.composed.markers,
        told=frozenset(writing.composed.markers.values()),
        model=writing.model,
        spent=writing.spent,
        fallback_step=writing.fallback_step,
        prompt=(
            {"role": "system", "content": writing.composed.system},
            {"role": "user", "content": writing.composed.user},
        ),
        notice=notice,
        says_not_found=not writing.released and _says_not_found(writing.buffer),
        is_stopped=is_stopped,
    )
