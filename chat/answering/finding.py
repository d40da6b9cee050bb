"""From the question as it was understood to what a model is told: retrieve → weigh → decide → compose.

One visit to a thread for all of it: under load each one waits for the interpreter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from chat.answering import comparing, compose, decide, retrieve, simple, store, told, weigh
from chat.answering.types import NOTHING_COMPARED, Compared, Composed, Decision, Evidence, Order
from documents.retrieval.types import Fate, Results
from ragapp.llm import gateway
from ragapp.llm.types import Room
from ragapp.monitoring.timing import timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a model is asked, with its sources as readers are shown them."""

    composed: Composed
    room: Room
    sources: Sequence[dict[str, Any]]
    prefers_small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`asking` is None where nothing is to be asked, or no model is there. `evidence`, best first."""

    order: Order
    understood: str
    languages: Sequence[str]
    results: Results
    decision: Decision
    evidence: list[Evidence] = field(default_factory=list)
    compared: Compared = NOTHING_COMPARED
    asking: Asking | None = None

    def decided(self, *, has_model: bool) -> Decision:
        """What the passages allow; without a model the bar is higher."""
        return decide.run(
            self.understood,
            self.evidence,
            self.results.hits,
            languages=self.languages,
            today=self.order.today,
            settings=self.order.settings,
            has_model=has_model,
            compared=self.compared,
        )


def run(order: Order, understood: str, ms: dict[str, float]) -> Found:
    """Reads the database; `ms` takes the time of each stage. Raises SearchFailed, prompts.PromptInvalid."""
    store.understood(order, understood)
    with timed(ms, "retrieve"):
        results = retrieve.run(order, understood)
        if asked := comparing.sides(understood):
            results = retrieve.beside(order, results, asked)
    with timed(ms, "weigh"):
        languages = (order.language, *dict.fromkeys(hit.language for hit in results.hits if hit.language))
        evidence = weigh.run(
            understood,
            results.hits,
            languages=languages,
            settings=order.settings,
            chunk_ids=[hit.chunk_id for hit in results.considered if hit.fate == Fate.JOINED],
        )
        compared = comparing.run(understood, evidence, results.hits, languages=languages, settings=order.settings)
    found = Found(
        order=order,
        understood=understood,
        languages=languages,
        results=results,
        evidence=evidence,
        compared=compared,
        decision=Decision(status="not_found", sufficiency=0.0),
    )
    with timed(ms, "decide"):
        room = gateway.room("answer", order.route)
        found = replace(found, decision=found.decided(has_model=room is not None))
    if found.decision.status == "not_found" or room is None:
        return found
    with timed(ms, "retrieve"):
        found = replace(found, results=replace(results, hits=retrieve.sections(order, results, room)))
    return replace(found, asking=_asking(found, room, ms))


def _asking(found: Found, room: Room, ms: dict[str, float]) -> Asking:
    order, hits = found.order, found.results.hits
    prefers_small = settings.LLM_SMALL_FOR_SIMPLE and simple.run(
        found.understood, order.history, found.decision, now=timezone.now()
    )
    with timed(ms, "compose"):
        composed = compose.run(
            order,
            found.understood,
            hits,
            found.decision,
            context_tokens=room.context_tokens,
            output_tokens=room.max_output_tokens,
        )
    sources = told.of_hits({marker: (hits[at], None) for marker, at in composed.markers.items()})
    return Asking(composed=composed, room=room, sources=sources, prefers_small=prefers_small)
