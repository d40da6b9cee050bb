"""Rules put answers into the reviewers' queue: each answer once, by the first rule that takes it."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chat.asked import OF_PEOPLE
from chat.models import Answer, Citation
from evaluation import review
from evaluation.models import Feedback, ReviewItem, Rule, Simulation

# A new or changed rule looks back this far.
LOOKS_BACK = timedelta(days=30)
# What another transaction was still writing when a rule was applied is looked at once more.
OVERLAP = timedelta(minutes=10)


def apply_all(*, now: datetime) -> int:
    """Applies every active rule to what is new since it was applied last. Returns how many answers were put."""
    return sum(apply(rule, now=now) for rule in Rule.objects.filter(is_active=True))


@transaction.atomic
def apply(rule: Rule, *, now: datetime) -> int:
    """Puts what `rule` takes of the answers since its last time into the queue; run twice, it puts nothing more."""
    since = now - LOOKS_BACK if rule.applied_at is None else rule.applied_at - OVERLAP
    taken = [
        pk
        for pk in _matching(rule, since)
        if _lot(pk, rule.pk) < float(rule.percent) / 100  # the same answer draws the same lot again
    ]
    items = [ReviewItem(answer_id=pk, rule=rule, reviews_wanted=rule.reviews_wanted) for pk in taken]
    before = ReviewItem.objects.filter(rule=rule).count()
    ReviewItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=500)
    Rule.objects.filter(pk=rule.pk).update(applied_at=now)
    return ReviewItem.objects.filter(rule=rule).count() - before


def by_hand(answer: Answer) -> ReviewItem:
    """The answer's item, made now unless there is one."""
    return ReviewItem.objects.get_or_create(answer=answer)[0]


def groundedness(sentences: Iterable[Mapping[str, Any]]) -> float | None:
    """The share of the answer's sentences that their sources support; None where none was checked."""
    checked = [bool(one["is_supported"]) for one in sentences if one.get("support") is not None]
    return sum(checked) / len(checked) if checked else None


def _matching(rule: Rule, since: datetime) -> Iterable[UUID]:
    answers = review.finished().filter(OF_PEOPLE, review_item__isnull=True).order_by()
    # Nobody asked them, and no document was read for them: there is nothing to judge.
    answers = answers.exclude(release__in=Simulation.releases())
    if rule.kind == Rule.Kind.THUMBS_DOWN:
        # The thumb may come long after the answer.
        down = Feedback.objects.filter(answer=OuterRef("pk"), thumb=-1, updated_at__gte=since)
        return answers.filter(Exists(down)).values_list("pk", flat=True)
    answers = answers.filter(finished_at__gte=since)
    if rule.kind == Rule.Kind.LOW_SUPPORT:
        return _weak(answers, below=rule.support_below)
    if rule.kind == Rule.Kind.COLLECTION:
        if rule.collection is None:
            return []
        cited = Citation.objects.filter(
            answer=OuterRef("pk"), is_support=True, document_id__in=rule.collection.documents.values("pk")
        )
        return answers.filter(Exists(cited)).values_list("pk", flat=True)
    if rule.kind == Rule.Kind.RELEASE:
        return answers.filter(release=rule.release_id or 0).values_list("pk", flat=True)
    return answers.values_list("pk", flat=True)


def _weak(answers: QuerySet[Answer], *, below: float) -> Iterable[UUID]:
    for pk, sentences in answers.values_list("pk", "sentences").iterator(chunk_size=500):
        share = groundedness(sentences)
        if share is not None and share < below:
            yield pk


def _lot(answer_id: UUID, rule_id: int) -> float:
    """A number from 0 to 1 that this answer draws with this rule, always the same."""
    digest = hashlib.sha256(f"{rule_id}:{answer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
