"""What lies on the reviewer's desk: the answer, its sources with the cited words, the passages, what others said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat import sources as chat_sources
from chat.models import Answer, Citation
from chat.views.trace import Why, explain
from documents import lineage
from documents.retrieval import spans
from documents.retrieval.search import search
from documents.retrieval.spans import Passage
from documents.retrieval.types import Query
from evaluation import reactions
from evaluation.models import Escalation, Feedback, Reaction, Review, ReviewItem
from evaluation.reviews import queue
from evaluation.reviews.judging import RUBRIC
from ragapp.accounts.models import User
from ragapp.llm.errors import EmbeddingModelError

CANDIDATES, FOUND = 12, 8
# Characters before and after the cited words; the document is one click away.
AROUND = 500
KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation with its words, and a little of what stands around them."""

    citation: Citation
    source: lineage.Source
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that the page of an item shows. `understood`: empty where it may name what the reviewer may not read.

    `sealed`: reviews of others, kept back until the reviewer has judged: where several are wanted, each judges alone.
    """

    asker: str
    understood: str
    cited: Sequence[Cited]
    candidates: Sequence[Passage]
    found: Sequence[Passage]
    named: lineage.Source | None
    why: Why
    feedback: Sequence[Feedback]
    reactions: Sequence[tuple[str, int]]
    history: Sequence[Review]
    hidden_reviews: int
    sealed: int


def lay_out(item: ReviewItem, *, reviewer: User, find: str = "") -> Desk:
    """What `reviewer` may see of the item now; `find` looks for further passages in what they may read."""
    answer = item.answer
    thread = Answer.objects.filter(turn__conversation=answer.turn.conversation_id)
    history = list(queue.reviews_for(reviewer).filter(answer=answer).select_related("reviewer"))
    alone = queue.judges_alone(item, has_judged=_own(item, reviewer) is not None)
    unseen = answer.reviews.count() - len(history)
    labels = dict(Reaction.Kind.choices)
    return Desk(
        asker=answer.turn.conversation.user.name,
        understood=answer.question_as_understood if chat_sources.all_open(thread, reader=reviewer) else "",
        cited=[one for citation in answer.citations.all() if (one := _cited(citation, reviewer))],
        candidates=spans.passages([int(c["chunk_id"]) for c in answer.candidates or ()], reader=reviewer)[:CANDIDATES],
        found=_found(find, reviewer) if find else (),
        named=_named(_own(item, reviewer), reviewer),
        why=explain(answer, reader=reviewer),
        feedback=list(answer.feedback.all()),
        reactions=[(str(labels[kind]), n) for kind, n in reactions.counts([answer.pk]).items()],
        history=history,
        hidden_reviews=0 if alone else unseen,
        sealed=unseen if alone else 0,
    )


def initial(item: ReviewItem, reviewer: User) -> dict[str, Any]:
    """What the form begins with: what the reviewer said before."""
    own = _own(item, reviewer)
    if own is None:
        return {}
    rubric = {name: {True: "yes", False: "no", None: ""}[getattr(own, name)] for name in RUBRIC}
    named = KEPT if own.right_extraction_id is not None else ""
    return rubric | {
        "corrected_answer": own.corrected_answer, "cause": own.cause, "note": own.note, "passage": named,
    }  # fmt: skip


def passage(item: ReviewItem, chosen: str, reviewer: User) -> Passage | None:
    """The passage that was chosen, by its id or kept from before; None for none, or one that may not be read."""
    if chosen.isdecimal():
        return next(iter(spans.passages([int(chosen)], reader=reviewer)), None)
    own = _own(item, reviewer) if chosen == KEPT else None
    return _span(own, reviewer)


def _span(own: Review | None, reviewer: User) -> Passage | None:
    """The passage that a review names, if it may be read."""
    shown = _named(own, reviewer)
    if own is None or shown is None:
        return None
    return Passage(
        chunk_id=0,
        document_id=shown.document_id,
        version_id=shown.version_id,
        version_number=shown.version_number,
        extraction_id=shown.extraction_id,
        title=shown.title,
        heading_path="",
        text=shown.quote,
        start=own.right_start or 0,
        end=own.right_end or 0,
        page=shown.page,
    )


def best_words(answer: Answer, reviewer: User) -> tuple[str, Passage | None]:
    """What a person said instead, with the passage named for it: in the reviewer's own review, in the deciding one, or
    in the reply to the asker; else what the answer says itself, unless it is a refusal.
    """
    item = ReviewItem.objects.filter(answer=answer).defer("vector").first()
    reviews = queue.reviews_for(reviewer).filter(answer=answer)
    for one in (
        reviews.filter(reviewer=reviewer).first(),
        reviews.filter(pk=(item.decision_id if item else None) or 0).first(),
    ):
        if one is not None and one.corrected_answer:
            return one.corrected_answer, _span(one, reviewer)
    entry = Escalation.objects.filter(answer=answer).exclude(reply="").first()
    if entry is not None:
        return entry.reply, None
    return ("" if answer.status in (Answer.Status.NOT_FOUND, Answer.Status.BLOCKED) else answer.text), None


def _own(item: ReviewItem, reviewer: User) -> Review | None:
    return Review.objects.filter(answer=item.answer_id, reviewer=reviewer).first()


def _named(own: Review | None, reviewer: User) -> lineage.Source | None:
    if own is None or own.right_extraction_id is None:
        return None
    return lineage.source_of(own.right_extraction_id, own.right_start or 0, own.right_end or 0, reader=reviewer)


def _cited(citation: Citation, reviewer: User) -> Cited | None:
    if citation.removed_at is not None:
        return None
    shown = lineage.source_of(citation.extraction_id, citation.quote_start, citation.quote_end, reader=reviewer)
    if shown is None:
        return None
    before = shown.before[-AROUND:] if len(shown.before) <= AROUND else "… " + shown.before[-AROUND:].partition(" ")[2]
    after = shown.after if len(shown.after) <= AROUND else shown.after[:AROUND].rpartition(" ")[0] + " …"
    return Cited(citation=citation, source=shown, before=before, after=after)


def _found(text: str, reviewer: User) -> list[Passage]:
    try:
        hits = search(Query(text=text, top_k=FOUND), reader=reviewer).hits
    except EmbeddingModelError:
        return []
    return spans.passages([hit.chunk_id for hit in hits], reader=reviewer)
