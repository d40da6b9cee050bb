"""A question goes to a person, and the reply comes back into the conversation."""

from django.db import transaction
from django.utils import timezone

from chat.models import Answer
from evaluation import reactions
from evaluation.models import Escalation, Reaction
from ragapp.accounts.models import User
from ragapp.audit import log


@transaction.atomic
def ask_a_person(answer: Answer, *, user: User, note: str = "") -> Escalation:
    """Puts the question into the reviewers' queue, once; asking again keeps the first entry and updates the note."""
    escalation, is_new = Escalation.objects.get_or_create(answer=answer, defaults={"user": user, "note": note.strip()})
    if is_new:
        reactions.note(answer, user=user, kind=Reaction.Kind.PERSON)
        log.record("person_asked", by=user, target_kind="answer", target_id=str(answer.pk))
    elif note.strip() and escalation.state == Escalation.State.OPEN:
        escalation.note = note.strip()
        escalation.save(update_fields=["note"])
    return escalation


@transaction.atomic
def reply(escalation: Escalation, *, text: str, by: User) -> Escalation:
    """Closes the entry with a person's answer, which the asker sees under the original one."""
    escalation.reply = text.strip()
    escalation.replied_by = by
    escalation.state = Escalation.State.CLOSED
    escalation.closed_at = timezone.now()
    escalation.save(update_fields=["reply", "replied_by", "state", "closed_at"])
    log.record("person_replied", by=by, target_kind="answer", target_id=str(escalation.answer_id))
    return escalation
