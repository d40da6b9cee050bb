"""A reviewer's judgement of an item, and when it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from chat import cache
from documents.retrieval.spans import Passage
from evaluation import review
from evaluation.models import Review, ReviewItem
from evaluation.reviews import queue, stages
from ragapp.accounts.models import User
from ragapp.audit import log

RUBRIC = ("correct", "complete", "supported", "safe", "tone")


class Taken(Exception):
    """Somebody else has the item in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a reviewer says. `rubric`: each of RUBRIC is met, or not; None, or missing: does not apply."""

    rubric: Mapping[str, bool | None]
    corrected_answer: str = ""
    right: Passage | None = None
    cause: str = ""
    note: str = ""
    # What is said here counts, whatever others said.
    decides: bool = field(default=False)


def verdict_of(rubric: Mapping[str, bool | None]) -> str:
    """Bad where it is wrong or unsafe, good where nothing is missing, else partly right.

    Raises ValueError when nothing of the rubric was said.
    """
    said = [rubric.get(name) for name in RUBRIC if rubric.get(name) is not None]
    if not said:
        raise ValueError("Nothing of the rubric was said.")
    if rubric.get("correct") is False or rubric.get("safe") is False:
        return Review.Verdict.BAD
    return Review.Verdict.GOOD if all(said) else Review.Verdict.PARTLY


@transaction.atomic
def record(item: ReviewItem, judgement: Judgement, *, reviewer: User, now: datetime) -> Review:
    """Records or replaces what `reviewer` says of the item, and gives it back. What is not good is not given again.

    Raises Taken, and ValueError when nothing of the rubric was said.
    """
    locked = ReviewItem.objects.select_for_update().select_related("answer").get(pk=item.pk)
    if not queue.is_free(locked, reviewer=reviewer, now=now):
        raise Taken
    right = judgement.right
    said = review.judge(
        locked.answer,
        reviewer=reviewer,
        verdict=verdict_of(judgement.rubric),
        corrected_answer=judgement.corrected_answer,
        note=judgement.note,
        cause=judgement.cause,
        **{name: judgement.rubric.get(name) for name in RUBRIC},
        right_document_id=right.document_id if right else None,
        right_version_id=right.version_id if right else None,
        right_extraction_id=right.extraction_id if right else None,
        right_start=right.start if right else None,
        right_end=right.end if right else None,
    )
    if said.verdict != Review.Verdict.GOOD:
        cache.forget(locked.answer_id)
    _settle(locked, said, decides=judgement.decides, now=now)
    stages.refresh(locked)
    return said


def _settle(item: ReviewItem, said: Review, *, decides: bool, now: datetime) -> None:
    """Decided: by a word of authority, or when as many as wanted agree. A decision stays until another is said."""
    reviews = list(Review.objects.filter(answer=item.answer_id))
    agree = len({one.verdict for one in reviews}) == 1
    if decides or item.decision_id in (None, said.pk):
        full = len(reviews) >= item.reviews_wanted
        decided = decides or (full and agree)
        item.decision, item.decided_at = (said, now) if decided else (None, None)
        undecided = ReviewItem.State.DISPUTED if full else ReviewItem.State.OPEN
        item.state = ReviewItem.State.DONE if decided else undecided
    item.claimed_by = item.claimed_until = None
    item.save()
    if decides and len(reviews) > 1:
        log.record("review_decided", by=said.reviewer, target_kind="answer", target_id=str(item.answer_id))
