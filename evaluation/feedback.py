"""What a reader thinks of an answer: recorded, changed, withdrawn."""

from collections.abc import Sequence

from django.db import transaction

from chat import cache
from chat.models import Answer
from evaluation.models import Feedback
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event


@transaction.atomic
def give(
    answer: Answer,
    *,
    user: User,
    thumb: int | None = None,
    reasons: Sequence[str] = (),
    rating: int | None = None,
    comment: str = "",
) -> Feedback:
    """Records or replaces `user`'s opinion: `thumb` is 1, -1 or None, `rating` 1 to 5 or None."""
    feedback, _ = Feedback.objects.update_or_create(
        answer=answer,
        user=user,
        defaults={"thumb": thumb, "reasons": list(reasons), "rating": rating, "comment": comment.strip()},
    )
    if thumb == -1:
        cache.forget(answer.pk)
    log.record("feedback_given", by=user, target_kind="answer", target_id=str(answer.pk), thumb=thumb)
    sending.send(Event.FEEDBACK_GIVEN, {"answer": str(answer.pk), "thumb": thumb, "rating": rating})
    return feedback


@transaction.atomic
def withdraw(answer: Answer, *, user: User) -> None:
    """Forgets `user`'s opinion; nothing happens when there is none."""
    deleted, _ = Feedback.objects.filter(answer=answer, user=user).delete()
    if deleted:
        log.record("feedback_given", by=user, target_kind="answer", target_id=str(answer.pk), thumb=0)
