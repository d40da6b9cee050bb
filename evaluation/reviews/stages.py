"""Where a bad answer went wrong, computed from its trace: the first stage that lost the right passage.

With a passage that a reviewer named the verdict is a fact; without one it is presumed from how the answer ended, what
was said about it and which of its sentences have support. Where none of these says anything, nor does the verdict.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from chat.models import Answer
from documents.retrieval import spans
from evaluation.datasets import rejected
from evaluation.models import Feedback, Reason, Review, ReviewItem, Stage
from evaluation.reviews import queue

# A rating up to this is bad.
BAD_RATING = 2
# What readers say, where nothing else tells.
_BY_REASON: Mapping[str, Stage] = {
    Reason.OUTDATED: Stage.NOT_INGESTED,
    Reason.WRONG_SOURCE: Stage.RANKED_LOW,
    Reason.NOT_SUPPORTED: Stage.UNSUPPORTED,
    Reason.INCOMPLETE: Stage.IGNORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The passage that answers the question: characters of an extraction."""

    document_id: UUID
    version_id: int
    extraction_id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`stage` is a value of Stage, "" where nothing is known. Presumed: no right passage was named."""

    stage: str
    is_presumed: bool


def of(answer: Answer, right: Span | None, corrected: str = "") -> Found:
    """The verdict on a bad `answer`, and what it should have said. Rights are the asker's as they are now."""
    if right is None:
        return Found(stage=_presumed(answer, corrected), is_presumed=True)
    return Found(stage=_known(answer, right, corrected), is_presumed=False)


def refresh(item: ReviewItem) -> None:
    """Computes and stores the verdict of an item; a good answer has none."""
    answer = Answer.objects.select_related("turn__conversation__user").get(pk=item.answer_id)
    found = of(answer, named(item), _corrected(item)) if is_bad(item) else Found(stage="", is_presumed=True)
    ReviewItem.objects.filter(pk=item.pk).update(stage=found.stage, stage_is_presumed=found.is_presumed)
    item.stage, item.stage_is_presumed = found.stage, found.is_presumed


def refresh_told_since(since: timedelta, *, now: datetime) -> None:
    """The same for items whose askers said something since then, for instance a late thumb."""
    told = Feedback.objects.filter(updated_at__gte=now - since).values("answer")
    for item in ReviewItem.objects.filter(answer__in=told, decision__isnull=True).defer("vector"):
        refresh(item)


def is_bad(item: ReviewItem) -> bool:
    """By the decision; else by any reviewer, by the reader, or because the rule took it for weak support."""
    if item.decision_id is not None:
        return not Review.objects.filter(pk=item.decision_id, verdict=Review.Verdict.GOOD).exists()
    if _counting(item).exists():
        return _counting(item).exclude(verdict=Review.Verdict.GOOD).exists()
    complaint = Q(thumb=-1) | Q(rating__lte=BAD_RATING)
    by_rule = item.rule is not None and item.rule.kind == "low_support"
    return by_rule or Feedback.objects.filter(complaint, answer=item.answer_id).exists()


def named(item: ReviewItem) -> Span | None:
    """The right passage: of the decision, else of the latest review that names one."""
    reviews = _counting(item).filter(right_extraction_id__isnull=False)
    review = reviews.filter(pk=item.decision_id or 0).first() or reviews.order_by("-updated_at").first()
    if review is None or review.right_document_id is None:
        return None
    return Span(
        document_id=review.right_document_id,
        version_id=review.right_version_id or 0,
        extraction_id=review.right_extraction_id or 0,
        start=review.right_start or 0,
        end=review.right_end or 0,
    )


def _counting(item: ReviewItem) -> QuerySet[Review]:
    """None while further reviewers are to judge alone: the stage stands on their page, and would tell what was said."""
    reviews = Review.objects.filter(answer=item.answer_id)
    return reviews.none() if queue.judges_alone(item, has_judged=False) else reviews


def _corrected(item: ReviewItem) -> str:
    """What the decision, else the latest review that says so, would have it say."""
    reviews = _counting(item).exclude(corrected_answer="")
    review = reviews.filter(pk=item.decision_id or 0).first() or reviews.order_by("-updated_at").first()
    return review.corrected_answer if review else ""


def _known(answer: Answer, right: Span, corrected: str) -> Stage:
    if _is_cited(answer, right):
        # Whatever became of the candidate: the answer rests on that passage.
        return _made_of_it(answer, corrected)
    asker = answer.turn.conversation.user
    standing = spans.standing(right.document_id, right.version_id, reader=asker)
    if standing.ready_at is None or standing.ready_at > answer.created_at:
        return Stage.NOT_INGESTED
    if not standing.is_readable:
        return Stage.NOT_PERMITTED
    candidates: list[dict[str, Any]] = list(answer.candidates or ())
    there = _overlapping(candidates, right)
    if not there:
        return Stage.NOT_RETRIEVED
    read = [one for one in there if one.get("kept") or one.get("fate") == "joined"]
    if not read:
        return Stage.RANKED_LOW
    if not any(_was_told(one, candidates) for one in read):
        return Stage.CUT
    if answer.status in (Answer.Status.NOT_FOUND, Answer.Status.BLOCKED):
        return Stage.REFUSED
    return Stage.IGNORED


def _made_of_it(answer: Answer, corrected: str) -> Stage:
    """What an answer that cites the right passage made of it."""
    if _has_unsupported(answer):
        return Stage.UNSUPPORTED
    return Stage.BESIDE if _is_partly_kept(answer, corrected) else Stage.MISREAD


def _is_partly_kept(answer: Answer, corrected: str) -> bool:
    """Whether the correction keeps some of the answer's sentences and takes out others."""
    return 0 < len(rejected.left_out(answer, corrected)) < len(rejected.said(answer))


def _overlapping(candidates: Iterable[Mapping[str, Any]], right: Span) -> list[Mapping[str, Any]]:
    """The candidates on the right passage; of indexes that are gone, those of its document."""
    rows = list(candidates)
    places = spans.places(int(one["chunk_id"]) for one in rows)
    found = []
    for one in rows:
        place = places.get(int(one["chunk_id"]))
        if place is None:
            is_there = str(one["document_id"]) == str(right.document_id)
        else:
            extraction, start, end = place
            is_there = extraction == right.extraction_id and start < right.end and right.start < end
        if is_there:
            found.append(one)
    return found


def _was_told(one: Mapping[str, Any], candidates: Iterable[Mapping[str, Any]]) -> bool:
    """Whether it stood before the answerer; joined to its neighbour, with that. Older traces do not say."""
    if one.get("fate") != "joined":
        return bool(one.get("told", one.get("kept")))
    same = [each for each in candidates if each["document_id"] == one["document_id"] and each.get("kept")]
    return any(each.get("told", True) for each in same)


def _is_cited(answer: Answer, right: Span) -> bool:
    return answer.citations.filter(
        is_support=True, extraction_id=right.extraction_id, start__lt=right.end, end__gt=right.start
    ).exists()


def _has_unsupported(answer: Answer) -> bool:
    return any(not one.get("is_supported", True) for one in answer.sentences or ())


def _presumed(answer: Answer, corrected: str) -> str:
    if answer.state == Answer.State.FAILED:
        return ""
    if answer.status == Answer.Status.BLOCKED:
        return Stage.REFUSED
    if answer.status == Answer.Status.NOT_FOUND:
        # The passages were near enough to be read, or were not.
        was_read = (answer.decision or {}).get("reason") == "model_found_none"
        return Stage.REFUSED if was_read else Stage.NOT_INGESTED
    if _has_unsupported(answer):
        return Stage.UNSUPPORTED
    if _is_partly_kept(answer, corrected):
        return Stage.BESIDE
    said = [reason for one in answer.feedback.all() for reason in one.reasons]
    return next((_BY_REASON[reason] for reason in said if reason in _BY_REASON), Stage.UNEXPLAINED)
