"""The stages of an answer, in order: guard → known → reuse → rewrite → retrieve → weigh → decide →
(compose → generate | extract | refuse) → cite → check → store
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chat.answering import (
    check,
    cite,
    extract,
    finding,
    generate,
    guard,
    opening,
    refuse,
    release,
    reuse,
    rewrite,
    store,
    told,
    withhold,
)
from chat.answering.errors import AlreadyBegun, AnswerError
from chat.answering.finding import Asking, Found
from chat.answering.language import say, without_model
from chat.answering.opening import Opened
from chat.answering.types import Cited, Decision, Draft, Evidence, Order, Verdict
from chat.events import Kind
from documents.retrieval.types import Hit, Results
from ragapp.lib.offload import Offload, to_caller
from ragapp.llm.errors import LLMError
from ragapp.monitoring.timing import timed

NOTICE_CHARS = 500  # what the row of an answer holds

Emit = Callable[[Kind, dict[str, Any]], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class _Making:
    """What the stages of one answer share."""

    order: Order
    emit: Emit
    offload: Offload
    pace_s: float
    ms: dict[str, float]
    understood: str = ""
    looked: reuse.Looked = field(default_factory=reuse.Looked)


async def answer(
    answer_id: UUID,
    emit: Emit,
    *,
    opened: Opened | None = None,
    offload: Offload = to_caller,
    pace_s: float = 0.0,
    prompts: Mapping[str, str] = MappingProxyType({}),
    is_trial: bool = False,
) -> None:
    """Makes and stores the answer; `emit` is told what a reader may see meanwhile.

    `opened`: what was done of it before, if anything. `pace_s`: seconds between the sentences of an answer that no
    model writes. `prompts`, by task, stand in for those of the release: a wording is tried before any release has it.
    `is_trial`: see Order.

    Returns without a word when another process has it. Cancelled while the model writes, it stores the text so far.
    """
    if opened is None:
        try:
            opened = await offload(lambda: opening.run(answer_id, prompts=prompts, is_trial=is_trial))
        except AlreadyBegun:
            return
    making = _Making(order=opened.order, emit=emit, offload=offload, pace_s=pace_s, ms=opened.ms)
    try:
        await _make(making, opened)
    except AnswerError as error:
        sentence = error.reader_sentence
        await offload(lambda: store.fail(making.order, sentence, stage_ms=making.ms))


async def _make(making: _Making, opened: Opened) -> None:
    """The page says "Reading your question" by itself until it hears of a stage."""
    order, ms, offload = making.order, making.ms, making.offload
    verdicts = opened.verdicts
    if verdicts[-1].refusal:
        await _store_refusal(making, verdicts)
        return
    if (given := opened.given) is not None:
        sources = await offload(lambda: told.of_citations(given.citations, reader=order.asker))
        await making.emit("sources", {"sources": sources})
        await making.emit("text", {"markdown": given.text})
        return
    making.looked = opened.looked

    with timed(ms, "rewrite"):
        making.understood = await rewrite.run(order, offload=offload)

    await making.emit("stage", {"name": "retrieve"})
    found = await offload(lambda: finding.run(order, making.understood, ms))
    decision = found.decision
    written: Draft | LLMError | None = None
    if found.asking is not None:
        written, remarks = await _written_by_model(making, found, found.asking)
        verdicts += remarks
        if isinstance(written, LLMError) or written.is_withdrawn:
            decision = await offload(lambda: found.decided(has_model=False))
        elif written.says_not_found:
            decision = replace(decision, status="not_found", reason="model_found_none")
    await _finish(making, verdicts, found.results, found.evidence, decision, written)


async def _written_by_model(making: _Making, found: Found, asking: Asking) -> tuple[Draft | LLMError, list[Verdict]]:
    """The error when no model wrote anything; and what the guards found in what it wrote.

    Where they withdrew it, the evidence keeps what is to the point.
    """
    order = making.order
    gate = withhold.gate(order, asking.composed, found.understood, found.results.hits, found.evidence)
    await making.emit("sources", {"sources": asking.sources})
    await making.emit("stage", {"name": "generate"})

    async def release(text: str) -> None:
        if not order.policy.holds_text:
            await making.emit("text", {"markdown": text})

    with timed(making.ms, "generate"):
        written = await generate.run(
            order,
            asking.composed,
            release,
            gate=gate,
            room=asking.room,
            prefers_small=asking.prefers_small,
            offload=making.offload,
        )
    if isinstance(written, Draft) and written.is_withdrawn:
        found.evidence[:] = await making.offload(lambda: withhold.to_the_point(gate, found.evidence))
    return written, withhold.verdicts(gate)


async def _finish(
    making: _Making,
    verdicts: Sequence[Verdict],
    results: Results,
    evidence: Sequence[Evidence],
    decision: Decision,
    written: Draft | LLMError | None,
) -> None:
    """From the draft to the stored answer. Once it is being stored, a stop comes too late."""
    order, ms, offload = making.order, making.ms, making.offload
    hits = results.hits
    is_refusal = decision.status == "not_found"
    by_model = written if isinstance(written, Draft) and not written.is_withdrawn else None
    draft = written if isinstance(written, Draft) else None
    if is_refusal:
        with timed(ms, "refuse"):
            refused = await offload(lambda: refuse.run(order, has_nearest=bool(evidence)))
        draft = replace(draft, text=refused.text, markers={}, is_withdrawn=False) if draft is not None else refused
    elif by_model is not None and order.policy.holds_text:
        with timed(ms, "check"):
            draft, found = await offload(lambda: _held(making, by_model, hits))
            verdicts = [*verdicts, *found]
    if draft is None or draft.is_withdrawn:
        with timed(ms, "extract"):
            own = extract.run(evidence, hits, decision, language=order.language, settings=order.settings)
        draft = own if draft is None else withhold.replaced(draft, own, language=order.language)
    if isinstance(written, LLMError) and not is_refusal:
        draft = replace(draft, fallback_step=1, notice=without_model(written, order.language))
    caution = {"in_part": "uncertain", "compared": "compared"}.get(decision.reason)
    notices = (draft.notice, say(caution, order.language) if caution else "")
    notice = " ".join(part for part in (*notices, guard.notice(verdicts, order.language)) if part)
    draft = replace(draft, notice=notice)

    with timed(ms, "cite"):
        said, cited = cite.run(draft, hits)
        if is_refusal:
            spans = [(piece.hit, piece.start, piece.end) for piece in evidence]
            cited = cite.nearest(hits, spans, order.settings.nearest_shown)
    if by_model is None or is_refusal or order.policy.holds_text:
        await _tell_sources(making, {citation.marker: (citation.hit, citation.quote_start) for citation in cited})
        released = await _let_out(making, draft.text)
        if released != draft.text.strip():
            draft = replace(draft, text=released, is_stopped=True)
            said, cited = (cite.run(draft, hits)[0], cited) if is_refusal else cite.run(draft, hits)

    await making.emit("stage", {"name": "check"})
    with timed(ms, "check"):
        checked = said if is_refusal else await offload(partial(_checked, making, draft, said, cited))
    if not order.policy.holds_text:
        verdicts = [*verdicts, *withhold.unsupported(order, checked)]
    ruled, doubted = withhold.doubted(decision, draft, checked, language=order.language)
    final = replace(doubted, notice=doubted.notice[:NOTICE_CHARS])

    def store_it() -> None:
        made: dict[str, Any] = {"draft": final, "said": checked, "cited": cited, "verdicts": verdicts, "stage_ms": ms}
        made |= {"understood": making.understood, "results": results}
        store.finish(order, status=ruled.status, evidence=evidence, decision=ruled, **made)
        reuse.keep(order, making.looked, draft=final, checked=checked, verdicts=verdicts, decision=ruled)

    await asyncio.shield(offload(store_it))


async def _let_out(making: _Making, text: str) -> str:
    """What readers were shown of `text` before a stop, if there was one."""
    return await release.run(text, lambda shown: making.emit("text", {"markdown": shown}), pace_s=making.pace_s)


def _checked(making: _Making, draft: Draft, said: Sequence[Any], cited: Sequence[Cited]) -> list[Any]:
    return check.run(draft, said, cited, supported_from=making.order.settings.supported_from)


def _held(making: _Making, draft: Draft, hits: Sequence[Hit]) -> tuple[Draft, list[Verdict]]:
    """What may stand of a draft that nobody has seen yet."""
    said, cited = cite.run(draft, hits)
    checked = _checked(making, draft, said, cited)
    return withhold.run(making.order, draft, checked), withhold.unsupported(making.order, checked)


async def _store_refusal(making: _Making, verdicts: Sequence[Verdict]) -> None:
    order, draft = making.order, Draft(text=verdicts[-1].refusal, model="")
    await making.emit("text", {"markdown": draft.text})
    await making.offload(
        lambda: store.finish(
            order, status="blocked", draft=draft, said=(), cited=(), verdicts=verdicts, stage_ms=making.ms
        )
    )


async def _tell_sources(making: _Making, places: dict[int, tuple[Hit, int | None]]) -> None:
    """Passages by their numbers, with the character that is quoted where that is known, while the answer is made."""
    await making.emit("sources", {"sources": await making.offload(lambda: told.of_hits(places))})
