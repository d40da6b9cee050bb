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

from django.conf import settings
from django.utils import timezone

from chat.answering import (
    check,
    cite,
    compose,
    decide,
    extract,
    generate,
    guard,
    known,
    refuse,
    release,
    retrieve,
    reuse,
    rewrite,
    simple,
    store,
    told,
    weigh,
    withhold,
)
from chat.answering.errors import AlreadyBegun, AnswerError
from chat.answering.language import say, without_model
from chat.answering.types import Cited, Decision, Draft, Evidence, Order, Verdict
from chat.cache import Kept
from chat.events import Kind
from chat.golden import Found
from documents.retrieval.types import Fate, Hit, Results
from ragapp.lib.offload import Offload, to_caller
from ragapp.llm import gateway
from ragapp.llm.errors import LLMError
from ragapp.llm.types import Room
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
    ms: dict[str, float] = field(default_factory=dict)
    looked: reuse.Looked = field(default_factory=reuse.Looked)


async def answer(
    answer_id: UUID,
    emit: Emit,
    *,
    offload: Offload = to_caller,
    pace_s: float = 0.0,
    prompts: Mapping[str, str] = MappingProxyType({}),
    is_trial: bool = False,
) -> None:
    """Makes and stores the answer; `emit` is told what a reader may see meanwhile.

    `pace_s`: seconds between the sentences of an answer that no model writes. `prompts`, by task, stand in for those of
    the release: a wording is tried before any release has it. `is_trial`: see Order.

    Returns without a word when another process has it. Cancelled while the model writes, it stores the text so far.
    """
    try:
        order = await offload(lambda: store.begin(answer_id, prompts=prompts, is_trial=is_trial))
    except AlreadyBegun:
        return
    making = _Making(order=order, emit=emit, offload=offload, pace_s=pace_s)
    try:
        await _make(making)
    except AnswerError as error:
        sentence = error.reader_sentence
        await offload(lambda: store.fail(order, sentence, stage_ms=making.ms))


async def _make(making: _Making) -> None:
    order, ms, offload = making.order, making.ms, making.offload
    await making.emit("stage", {"name": "guard"})
    with timed(ms, "guard"):
        asked, verdicts = await offload(lambda: guard.run(order, max_chars=settings.QUESTION_MAX_CHARS))
    if verdicts[-1].refusal:
        await _store_refusal(making, verdicts)
        return
    making.order = order = replace(order, question=asked)

    with timed(ms, "golden"):
        checked = await offload(lambda: known.run(order))
    if checked is not None and await _given(making, known.give, checked, verdicts):
        return

    with timed(ms, "reuse"):
        making.looked = await offload(lambda: reuse.run(order, verdicts))
    if making.looked.kept is not None and await _given(making, reuse.give, making.looked.kept, verdicts):
        return

    await making.emit("stage", {"name": "rewrite"})
    with timed(ms, "rewrite"):
        understood = await rewrite.run(order, offload=offload)
        await offload(lambda: store.understood(order, understood))

    await making.emit("stage", {"name": "retrieve"})
    with timed(ms, "retrieve"):
        results = await offload(lambda: retrieve.run(order, understood))

    with timed(ms, "weigh"):
        languages = (order.language, *dict.fromkeys(hit.language for hit in results.hits if hit.language))
        evidence = await offload(
            lambda: weigh.run(
                understood,
                results.hits,
                languages=languages,
                settings=order.settings,
                chunk_ids=[hit.chunk_id for hit in results.considered if hit.fate == Fate.JOINED],
            )
        )

    decided = partial(
        decide.run, understood, evidence, results.hits, languages=languages, today=order.today, settings=order.settings
    )
    with timed(ms, "decide"):
        room = await offload(lambda: gateway.room("answer", order.route))
        decision = await offload(lambda: decided(has_model=room is not None))

    written: Draft | LLMError | None = None
    if decision.status != "not_found" and room is not None:
        with timed(ms, "retrieve"):
            results = replace(results, hits=await offload(partial(retrieve.sections, order, results, room)))
        prefers_small = settings.LLM_SMALL_FOR_SIMPLE and await offload(
            lambda: simple.run(understood, order.history, decision, now=timezone.now())
        )
        written, found = await _written_by_model(
            making, understood, results, evidence, decision, room, prefers_small=prefers_small
        )
        verdicts += found
        if isinstance(written, LLMError) or written.is_withdrawn:
            decision = await offload(lambda: decided(has_model=False))
        elif written.says_not_found:
            decision = replace(decision, status="not_found", reason="model_found_none")
    await _finish(making, verdicts, results, evidence, decision, written)


async def _written_by_model(
    making: _Making,
    understood: str,
    results: Results,
    evidence: list[Evidence],
    decision: Decision,
    room: Room,
    *,
    prefers_small: bool,
) -> tuple[Draft | LLMError, list[Verdict]]:
    """The error when no model wrote anything; and what the guards found in what it wrote.

    Where they withdrew it, `evidence` keeps what is to the point.
    """
    order = making.order
    await making.emit("stage", {"name": "compose"})
    with timed(making.ms, "compose"):
        composed = compose.run(
            order,
            understood,
            results.hits,
            decision,
            context_tokens=room.context_tokens,
            output_tokens=room.max_output_tokens,
        )
    gate = withhold.gate(order, composed, understood, results.hits, evidence)
    hits = {marker: results.hits[at] for marker, at in composed.markers.items()}
    await _tell_sources(making, {marker: (hit, None) for marker, hit in hits.items()})
    await making.emit("stage", {"name": "generate"})

    async def release(text: str) -> None:
        if not order.policy.holds_text:
            await making.emit("text", {"markdown": text})

    with timed(making.ms, "generate"):
        written = await generate.run(
            order,
            composed,
            release,
            gate=gate,
            room=room,
            prefers_small=prefers_small,
            offload=making.offload,
        )
    if isinstance(written, Draft) and written.is_withdrawn:
        evidence[:] = await making.offload(lambda: withhold.to_the_point(gate, evidence))
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
    notices = (draft.notice, say("uncertain", order.language) if decision.reason == "in_part" else "")
    notice = " ".join(part for part in (*notices, guard.notice(verdicts, order.language)) if part)
    draft = replace(draft, notice=notice[:NOTICE_CHARS])

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
        checked = said if is_refusal else await offload(lambda: _checked(making, draft, said, cited))
    if not order.policy.holds_text:
        verdicts = [*verdicts, *withhold.unsupported(order, checked)]
    final = draft

    def store_it() -> None:
        made: dict[str, Any] = {"draft": final, "said": checked, "cited": cited, "verdicts": verdicts, "stage_ms": ms}
        store.finish(order, status=decision.status, results=results, evidence=evidence, decision=decision, **made)
        reuse.keep(order, making.looked, draft=final, checked=checked, verdicts=verdicts, decision=decision)

    await asyncio.shield(offload(store_it))


async def _given(making: _Making, give: Callable[..., bool], found: Found | Kept, verdicts: Sequence[Verdict]) -> bool:
    """The whole answer at once, stored before it is shown; False when this answer was ended meanwhile."""
    if not await making.offload(lambda: give(making.order, found, verdicts=verdicts, stage_ms=making.ms)):
        return False
    sources = await making.offload(lambda: told.of_citations(found.citations, reader_id=making.order.reader_id))
    await making.emit("sources", {"sources": sources})
    await making.emit("text", {"markdown": found.text})
    return True


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
