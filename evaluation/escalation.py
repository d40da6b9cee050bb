"""A question goes to a person, with an owner and a deadline, and the reply comes back into the conversation."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.models import Answer
from evaluation import reactions, review
from evaluation.models import Escalation, EscalationRule, Reaction
from ragapp.accounts.models import Role, User
from ragapp.audit import log

REPLIED = ("reply", "replied_by", "state", "closed_at", "remind_at", "told_at", "seen_at", "tries")


@transaction.atomic
def ask_a_person(answer: Answer, *, user: User, note: str = "") -> Escalation:
    """Puts the question into the reviewers' queue, once; asking again keeps the first entry and updates the note."""
    entry, is_new = _opened(answer, user=user, note=note.strip(), hours=settings.ESCALATION_HOURS)
    if is_new:
        reactions.note(answer, user=user, kind=Reaction.Kind.PERSON)
        log.record("person_asked", by=user, target_kind="answer", target_id=str(answer.pk))
    elif note.strip() and entry.state == Escalation.State.OPEN:
        entry.note = note.strip()
        entry.save(update_fields=["note"])
    return entry


@transaction.atomic
def by_rule(answer: Answer, rule: EscalationRule) -> bool:
    """The same, since a rule of the site says so; False when a person has it already."""
    asker = answer.turn.conversation.user
    _entry, is_new = _opened(answer, user=asker, rule=rule, owner=rule.owner, hours=rule.hours)
    if is_new:
        log.record("person_asked", by=None, target_kind="answer", target_id=str(answer.pk), rule=rule.name)
    return is_new


@transaction.atomic
def reply(escalation: Escalation, *, text: str, by: User) -> Escalation:
    """Closes the entry with a person's answer, which the asker sees under the original one and is told of."""
    escalation.reply = text.strip()
    escalation.replied_by = by
    escalation.state = Escalation.State.CLOSED
    escalation.closed_at = timezone.now()
    escalation.remind_at = escalation.told_at = escalation.seen_at = None
    escalation.tries = 0
    escalation.save(update_fields=REPLIED)
    log.record("person_replied", by=by, target_kind="answer", target_id=str(escalation.answer_id))
    return escalation


@transaction.atomic
def hand_over(escalation: Escalation, *, owner: User | None, due_at: datetime | None, by: User) -> Escalation:
    """Gives the entry to somebody, or to all reviewers, until another deadline; they are told at once."""
    escalation.owner, escalation.due_at = owner, due_at
    escalation.remind_at = timezone.now() if escalation.state == Escalation.State.OPEN else None
    escalation.save(update_fields=["owner", "due_at", "remind_at"])
    log.record(
        "escalation_handed_over", by=by, target_kind="answer", target_id=str(escalation.answer_id),
        owner=owner.username if owner else "",
    )  # fmt: skip
    return escalation


def who_may_reply(answer: Answer) -> list[User]:
    """The reviewers who may read all sources of the answer now, by name."""
    reviewers = User.objects.filter(role_assignments__role=Role.REVIEWER, is_active=True).order_by("username")
    return [one for one in reviewers if review.answers_for(one).filter(pk=answer.pk).exists()]


def _opened(answer: Answer, *, hours: int, **fields: object) -> tuple[Escalation, bool]:
    now = timezone.now()
    # Whoever is to reply hears of it with the next mail.
    defaults = {"due_at": now + timedelta(hours=hours), "remind_at": now, **fields}
    return Escalation.objects.get_or_create(answer=answer, defaults=defaults)
