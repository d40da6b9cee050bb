"""Which answers a reviewer may judge, and the judgement."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chat.models import Answer, Citation
from documents import access
from evaluation.models import Review
from ragapp.accounts.models import Role, User
from ragapp.audit import log


def answers_for(reviewer: User) -> QuerySet[Answer]:
    """Finished answers all of whose sources `reviewer` may read now; text follows its sources.

    An answer with a removed source is withheld from everybody but its asker, since nobody may read that source.
    """
    if not reviewer.has_role(Role.REVIEWER):
        return Answer.objects.none()
    readable = access.readable_documents(reviewer).values("pk")
    unreadable = Citation.objects.filter(answer=OuterRef("pk")).exclude(document_id__in=readable)
    return finished().filter(~Exists(unreadable))


def finished() -> QuerySet[Answer]:
    """All answers that have ended, whoever may read them: for totals only."""
    return Answer.objects.exclude(state__in=[Answer.State.PENDING, Answer.State.STREAMING])


@transaction.atomic
def judge(
    answer: Answer, *, reviewer: User, verdict: str, corrected_answer: str = "", note: str = "", **said: Any
) -> Review:
    """Records or replaces `reviewer`'s verdict on `answer`; `said`: further fields of Review."""
    review, _ = Review.objects.update_or_create(
        answer=answer,
        reviewer=reviewer,
        defaults={"verdict": verdict, "corrected_answer": corrected_answer.strip(), "note": note.strip(), **said},
    )
    log.record("answer_reviewed", by=reviewer, target_kind="answer", target_id=str(answer.pk), verdict=verdict)
    return review
