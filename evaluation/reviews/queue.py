"""The reviewers' queue: who may see which item, who has it in hand, and which comes next."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from documents import access
from evaluation import review
from evaluation.models import Review, ReviewItem
from ragapp.accounts.models import User

# An item is somebody's for so long; then others may take it.
CLAIM_FOR = timedelta(minutes=30)


def items_for(reviewer: User) -> QuerySet[ReviewItem]:
    """The items whose answers `reviewer` may judge: all their sources are readable now."""
    return ReviewItem.objects.filter(answer__in=review.answers_for(reviewer).values("pk"))


def reviews_for(reviewer: User) -> QuerySet[Review]:
    """The reviews `reviewer` may see: of answers they may judge, with right passages they may read, and none that
    would tell them what a colleague said before they have judged (`judges_alone`)."""
    readable = access.readable_documents(reviewer).values("pk")
    shown = Q(right_document_id__isnull=True) | Q(right_document_id__in=readable)
    blind = ReviewItem.objects.filter(answer=OuterRef("answer"), state=ReviewItem.State.OPEN, reviews_wanted__gt=1)
    own = Review.objects.filter(answer=OuterRef("answer"), reviewer=reviewer)
    return Review.objects.filter(
        shown, ~Exists(blind) | Exists(own), answer__in=review.answers_for(reviewer).values("pk")
    )


def waiting_for(reviewer: User, *, now: datetime) -> QuerySet[ReviewItem]:
    """What `reviewer` can take up: undecided, not yet judged by them, in nobody else's hand; the oldest first.

    Where reviewers disagree, those who have judged may decide, so it waits for them too.
    """
    own = Review.objects.filter(answer=OuterRef("answer"), reviewer=reviewer)
    undecided = Q(state=ReviewItem.State.DISPUTED) | Q(Q(state=ReviewItem.State.OPEN) & ~Exists(own))
    return items_for(reviewer).filter(undecided, _free(reviewer, now)).order_by("created_at", "pk")


def judges_alone(item: ReviewItem, *, has_judged: bool) -> bool:
    """Whether what others said is kept from a reviewer: several are asked, and who knows the answer of the first one
    is not a second one. Their agreement would say nothing."""
    return item.state == ReviewItem.State.OPEN and item.reviews_wanted > 1 and not has_judged


def next_after(item: ReviewItem | None, *, reviewer: User, now: datetime) -> ReviewItem | None:
    """The next item that waits, after `item` and then from the beginning; None when none is left."""
    waiting = waiting_for(reviewer, now=now)
    if item is None:
        return waiting.first()
    waiting = waiting.exclude(pk=item.pk)
    later = Q(created_at__gt=item.created_at) | Q(created_at=item.created_at, pk__gt=item.pk)
    return waiting.filter(later).first() or waiting.first()


def previous_before(item: ReviewItem, *, reviewer: User) -> ReviewItem | None:
    """The item before, whatever became of it; None at the beginning."""
    earlier = Q(created_at__lt=item.created_at) | Q(created_at=item.created_at, pk__lt=item.pk)
    return items_for(reviewer).filter(earlier).order_by("-created_at", "-pk").first()


def claim(item: ReviewItem, *, reviewer: User, now: datetime) -> bool:
    """Takes the item in hand for half an hour; False when somebody else has it."""
    free = ReviewItem.objects.filter(_free(reviewer, now), pk=item.pk)
    return bool(free.update(claimed_by=reviewer, claimed_until=now + CLAIM_FOR))


def release(item: ReviewItem, *, reviewer: User) -> None:
    """Gives back what `reviewer` has in hand."""
    ReviewItem.objects.filter(pk=item.pk, claimed_by=reviewer).update(claimed_by=None, claimed_until=None)


def is_free(item: ReviewItem, *, reviewer: User, now: datetime) -> bool:
    """Whether `reviewer` may judge it now."""
    return ReviewItem.objects.filter(_free(reviewer, now), pk=item.pk).exists()


def left(reviewer: User, *, now: datetime) -> int:
    """How many items wait for `reviewer`."""
    return waiting_for(reviewer, now=now).aggregate(n=Count("pk"))["n"] or 0


def _free(reviewer: User, now: datetime) -> Q:
    return Q(claimed_by__isnull=True) | Q(claimed_by=reviewer) | Q(claimed_until__lt=now)
