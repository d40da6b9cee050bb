"""What people do with answers, counted apart from what they say about them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.dispatch import receiver
from django.utils import timezone

from chat import sources
from chat.announcing import PersonsReply, opened, reacted, replied
from chat.models import Answer
from evaluation.models import Escalation, Reaction
from ragapp.accounts.models import User


def note(answer: Answer, *, user: User, kind: str) -> None:
    """Counts one more of `kind`, a value of Reaction.Kind."""
    _row, is_new = Reaction.objects.get_or_create(answer=answer, user=user, kind=kind)
    if not is_new:
        again = Reaction.objects.filter(answer=answer, user=user, kind=kind)
        again.update(times=F("times") + 1, last_at=timezone.now())


def counts(answer_ids: Iterable[UUID]) -> dict[str, int]:
    """How often each kind happened to these answers; a kind that never did is missing."""
    rows = Reaction.objects.filter(answer__in=list(answer_ids)).values_list("kind")
    return dict(rows.annotate(n=Sum("times")).order_by("kind"))


@receiver(reacted)
def hear(sender: object, *, answer: Answer, user: User, kind: str, **kwargs: Any) -> None:
    """What chat tells of."""
    note(answer, user=user, kind=kind)


@receiver(opened)
def see(sender: object, *, conversation_id: UUID, user: User, **kwargs: Any) -> None:
    """The person looks at the conversation, and at every reply in it."""
    there = Escalation.unseen_by(user).filter(answer__turn__conversation=conversation_id)
    there.order_by().update(seen_at=timezone.now())


@receiver(replied)
def tell(sender: object, *, turn_ids: list[Any], reader: User, **kwargs: Any) -> dict[Any, PersonsReply]:
    """Replies to these questions; one tells of what the answer was made from, and goes with its sources."""
    found = list(
        Escalation.objects.filter(answer__turn__in=turn_ids, closed_at__isnull=False)
        .exclude(reply="")
        .select_related("answer", "replied_by")
        .order_by("closed_at")
    )
    closed = sources.closed_among([one.answer for one in found], reader=reader)
    return {
        one.answer.turn_id: PersonsReply(
            text="" if one.answer_id in closed else one.reply,
            by=one.replied_by.name if one.replied_by else "",
            at=one.closed_at or one.created_at,
        )
        for one in found
    }
