"""What is done for escalations without anybody asking: rules, reminders, and telling askers of replies."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from chat.asked import OF_PEOPLE
from chat.models import Answer
from documents.retrieval.analyse import analyse_query
from evaluation import escalation, review
from evaluation.models import Escalation, EscalationRule
from evaluation.reviews.sampling import OVERLAP, groundedness
from ragapp.accounts.models import User

log = logging.getLogger(__name__)

LANGUAGES = ("en", "de")
REMINDERS_MAX = 10
TRIES_MAX = 5
TRIED_AGAIN_AFTER = timedelta(minutes=5)


def keep_up(now: datetime) -> None:
    """Applies the rules and sends the mails that are due. May run twice."""
    for rule in EscalationRule.objects.filter(is_active=True).select_related("owner"):
        apply(rule, now=now)
    send_due(now)


@transaction.atomic
def apply(rule: EscalationRule, *, now: datetime) -> int:
    """Passes on what `rule` takes of the answers since its last time. Returns how many."""
    answers = (
        review.finished()
        .filter(OF_PEOPLE, finished_at__gte=rule.applied_at - OVERLAP, escalation__isnull=True)
        .select_related("turn__conversation__user")
        .only("sentences", "turn__question", "turn__conversation__user")
    )
    taken = [answer for answer in answers if takes(rule, answer)]
    EscalationRule.objects.filter(pk=rule.pk).update(applied_at=now)
    return sum(escalation.by_rule(answer, rule) for answer in taken)


def takes(rule: EscalationRule, answer: Answer) -> bool:
    """Whether `rule` wants a person to look at this answer."""
    if rule.kind == EscalationRule.Kind.LOW_SUPPORT:
        share = groundedness(answer.sentences)
        return share is not None and share < rule.support_below
    return any(_names(answer.turn.question, topic) for topic in rule.topics.splitlines())


def send_due(now: datetime) -> int:
    """Reminds whoever is to reply, and tells askers of replies; returns how many mails went out.

    Mails name no words of questions, answers or documents. The next try is set before a mail goes out, so that a
    killed process neither loses it nor tries for ever.
    """
    sent = 0
    while (entry := _next_reminder(now)) is not None:
        for person in _who_replies(entry):
            sent += _mail(person, entry, "reminder", now)
    while (entry := _next_reply(now)) is not None:
        if not entry.user.email or _mail(entry.user, entry, "reply", now):
            Escalation.objects.filter(pk=entry.pk).update(told_at=now)
            sent += bool(entry.user.email)
    return sent


def _names(question: str, topic: str) -> bool:
    """Whether the question has all content words of `topic`, in whatever form, in one of the languages."""
    for language in LANGUAGES:
        words = set(analyse_query(topic, (language,))) if topic.strip() else set()
        if words and words <= set(analyse_query(question, (language,))):
            return True
    return False


@transaction.atomic
def _next_reminder(now: datetime) -> Escalation | None:
    entry = (
        Escalation.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=Escalation.State.OPEN, remind_at__lte=now)
        .select_related("owner", "answer__turn", "user")
        .order_by("remind_at")
        .first()
    )
    if entry is not None:
        entry.reminders += 1
        entry.remind_at = _again(entry, now) if entry.reminders < REMINDERS_MAX else None
        entry.save(update_fields=["reminders", "remind_at"])
    return entry


def _again(entry: Escalation, now: datetime) -> datetime:
    """When a quarter of the time is left, at the deadline, then every day."""
    if entry.due_at is not None:
        quarter = entry.due_at - (entry.due_at - entry.created_at) / 4
        for at in (quarter, entry.due_at):
            if now < at:
                return at
    return now + timedelta(days=1)


@transaction.atomic
def _next_reply(now: datetime) -> Escalation | None:
    entry = (
        Escalation.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=Escalation.State.CLOSED, told_at__isnull=True, tries__lt=TRIES_MAX)
        .exclude(reply="")
        .exclude(remind_at__gt=now)
        .select_related("user", "answer__turn")
        .order_by("closed_at")
        .first()
    )
    if entry is not None:
        entry.tries += 1
        entry.remind_at = now + TRIED_AGAIN_AFTER
        entry.save(update_fields=["tries", "remind_at"])
    return entry


def _who_replies(entry: Escalation) -> Iterable[User]:
    """The owner; without one, or with one who cannot see it any more, all reviewers who may read its sources now."""
    able = escalation.who_may_reply(entry.answer)
    return [one for one in able if one.email and (entry.owner not in able or one == entry.owner)]


def _mail(person: User, entry: Escalation, kind: str, now: datetime) -> bool:
    if kind == "reply":
        path = reverse("chat:conversation", args=[entry.answer.turn.conversation_id])
    else:
        path = reverse("admin:evaluation_escalation_change", args=[entry.pk])
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject = _("A person replied to your question") if kind == "reply" else _subject(entry, now)
        body = render_to_string(
            f"evaluation/mail/{kind}.txt",
            {"person": person, "entry": entry, "url": settings.BASE_URL + path, "is_late": _is_late(entry, now)},
        )
        try:
            send_mail(subject, body, None, [person.email])
        except OSError:
            log.warning("escalations.not_mailed", extra={"escalation": entry.pk, "kind": kind})
            return False
    return True


def _subject(entry: Escalation, now: datetime) -> str:
    if _is_late(entry, now):
        return _("A question still waits for your reply; it was due")
    return _("A question waits for your reply") if entry.reminders <= 1 else _("A question still waits for your reply")


def _is_late(entry: Escalation, now: datetime) -> bool:
    return entry.due_at is not None and entry.due_at <= now
