"""What comes before the search: the guards, and whether there is an answer to this very question already.

Nothing of it asks a language model, so that it can be done while the question is taken: an answer that was there comes
with the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

from django.conf import settings

from chat.answering import guard, known, reuse, store
from chat.answering.types import Order, Verdict
from chat.cache import Kept
from chat.golden import Found
from chat.models import Answer, Citation
from ragapp.monitoring.timing import timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was there already and is stored as this one, with what it rests on."""

    text: str
    citations: Sequence[Citation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`order` with the question as it goes on; `ms` by stage. The last of `verdicts` refuses when one does."""

    order: Order
    verdicts: list[Verdict]
    ms: dict[str, float]
    looked: reuse.Looked = field(default_factory=reuse.Looked)
    given: Given | None = None


def run(
    answer_id: UUID,
    *,
    prompts: Mapping[str, str] = MappingProxyType({}),
    is_trial: bool = False,
    just_asked: Answer | None = None,
) -> Opened:
    """Takes the pending answer for this process; reads and writes the database. The rest: see store.begin.

    Raises AlreadyBegun when another has it or it has ended.
    """
    ms: dict[str, float] = {}
    order = store.begin(answer_id, prompts=prompts, is_trial=is_trial, just_asked=just_asked)
    with timed(ms, "guard"):
        asked, verdicts = guard.run(order, max_chars=settings.QUESTION_MAX_CHARS)
    if verdicts[-1].refusal:
        return Opened(order=order, verdicts=verdicts, ms=ms)
    store.understood(order, asked)
    order = replace(order, question=asked)
    with timed(ms, "golden"):
        checked = known.run(order)
    if checked is not None and (given := _given(order, known.give, checked, verdicts, ms)):
        return Opened(order=order, verdicts=verdicts, ms=ms, given=given)
    with timed(ms, "reuse"):
        looked = reuse.run(order, verdicts)
    given = _given(order, reuse.give, looked.kept, verdicts, ms) if looked.kept is not None else None
    return Opened(order=order, verdicts=verdicts, ms=ms, looked=looked, given=given)


def _given(
    order: Order, give: Callable[..., bool], found: Found | Kept, verdicts: Sequence[Verdict], ms: dict[str, float]
) -> Given | None:
    """Stored before it is shown; None when this answer was ended meanwhile."""
    if not give(order, found, verdicts=verdicts, stage_ms=ms):
        return None
    return Given(text=found.text, citations=found.citations)
