"""What a model may not have said: the gate its sentences go through, and what is taken out after the check."""

from collections.abc import Sequence
from dataclasses import replace

from chat.answering.foreign import is_foreign, named_in
from chat.answering.language import language_of, say
from chat.answering.types import Composed, Decision, Draft, Evidence, Order, Said, Verdict
from chat.guardrails import output, subject
from chat.guardrails.gate import Gate
from documents.retrieval.types import Hit
from ragapp.lib.text import sentences
from ragapp.llm import embedding


def gate(order: Order, composed: Composed, understood: str, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Gate:
    """The gate for one answer."""
    shown = [hits[place] for place in composed.markers.values()]

    def about() -> subject.Subject:
        bearing = [(piece.text, piece.dense, piece.vector) for piece in evidence]
        return subject.of(understood, embedding.embed_query(understood), bearing, shown)

    expected = {order.language, *(hit.language for hit in hits), *named_in(f"{order.question} {understood}")}
    return Gate(
        policy=order.policy,
        system=composed.system,
        given=f"{composed.system}\n{composed.user}",
        subject_of=about,
        language_of=lambda text: language_of(text, usual=order.language),
        is_foreign=lambda text: is_foreign(text, expected=expected),
    )


def to_the_point(gate: Gate, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence for an answer in the place of a withdrawn one: what made a model obey may not be quoted instead."""
    return [piece for piece in evidence if not gate.is_beside(piece.text, piece.vector)] or list(evidence[:1])


def verdicts(gate: Gate) -> list[Verdict]:
    """What the gate found, one for each guard and reason."""
    return [
        Verdict(guard=guard, verdict=gate.policy.answer[guard], reason=reason, side="answer", times=times)  # type: ignore[arg-type]  # a guard that is off finds nothing
        for (guard, reason), times in gate.found.items()
    ]


def unsupported(order: Order, checked: Sequence[Said]) -> list[Verdict]:
    """A verdict when sentences have no support."""
    times = sum(not sentence.is_supported for sentence in checked)
    action = order.policy.answer["unsupported"]
    return [Verdict(guard="unsupported", verdict=action, side="answer", times=times)] if times else []  # type: ignore[arg-type]


def run(order: Order, draft: Draft, checked: Sequence[Said]) -> Draft:
    """The draft as the policy lets it stand: without the sentences that have no support, or withdrawn."""
    dropped = {sentence.text for sentence in checked if not sentence.is_supported}
    if not dropped:
        return draft
    left = "" if order.policy.answer["unsupported"] == "block" else _without(draft.text, dropped)
    if not output.without_markers(left).strip():
        return replace(draft, text="", is_withdrawn=True)
    return replace(draft, text=left, notice=say("removed_by_guard", order.language))


def doubted(decision: Decision, draft: Draft, checked: Sequence[Said], *, language: str) -> tuple[Decision, Draft]:
    """Decision and draft of an answer that was shown already: with a caveat where not one sentence has support."""
    if not checked or any(sentence.is_supported for sentence in checked):
        return decision, draft
    notice = f"{say('unsupported', language)} {draft.notice}".strip()
    if decision.status == "answered":
        decision = replace(decision, status="caveat", reason="unsupported")
    return decision, replace(draft, notice=notice)


def replaced(draft: Draft, own: Draft, *, language: str) -> Draft:
    """The documents' own sentences in the place of a withdrawn draft, which was paid for all the same."""
    return replace(
        own,
        spent=draft.spent,
        prompt=draft.prompt,
        fallback_step=draft.fallback_step,
        notice=say("withdrawn", language),
    )


def _without(text: str, dropped: set[str]) -> str:
    """Markers at the beginning of a sentence belong to the one before, and go with it."""
    kept, at, was_dropped = [], 0, False
    for start, end in sentences(text):
        before = output.markers_before(text[start:end])
        first = start + len(before)
        is_dropped = output.without_markers(text[first:end]) in dropped
        kept.append(text[at:start] + ("" if was_dropped else before) + ("" if is_dropped else text[first:end]))
        at, was_dropped = end, is_dropped
    return "".join(kept).strip()
