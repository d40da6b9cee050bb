"""Alerts: raised by whatever watches, told by mail and webhook, looked at and ended by people."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chat.models import Answer
from evaluation import review
from evaluation.models import Alert
from ragapp.accounts.models import Role, User
from ragapp.audit import log as audit
from ragapp.lib.said import Words, in_language
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event

log = logging.getLogger(__name__)

EXAMPLES_MAX = 20
SEVERITIES = tuple(Alert.Severity.values)
MAIL_ATTEMPTS = 5
MAIL_PAUSE = timedelta(minutes=5)
SNOOZES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
Figures = Mapping[str, str | int | float | bool | None]


@transaction.atomic
def raise_alert(
    kind: str,
    subject: Words,
    text: Words,
    *,
    severity: str = Alert.Severity.WARNING,
    details: Figures | None = None,
    examples: Sequence[UUID] = (),
    owner: User | None = None,
    link: str = "",
) -> Alert:
    """Say that `subject` left its usual range; one open alert per kind and subject, which counts how often.

    `kind` is a word for the part that raises it, `text` a sentence with figures, both without words of questions,
    answers or documents: they go out by mail and webhook. People are told when it is new, when it becomes more
    severe, and when it is found again after a snooze has ended; never while it is snoozed. Words that are lazy, or come
    from a function, are kept in every language of the site. `link` is a path of this site. Call it in the transaction
    of what it tells.
    """
    now = timezone.now()
    texts = {
        code: [in_language(subject, code)[:200], in_language(text, code)[:1000]] for code, _name in settings.LANGUAGES
    }
    usual = in_language(subject, settings.LANGUAGE_CODE)[:200], in_language(text, settings.LANGUAGE_CODE)[:1000]
    fields = {
        "text": usual[1],
        "texts": texts,
        "severity": severity,
        "details": dict(details or {}),
        "examples": list(examples)[:EXAMPLES_MAX],
        "link": link[:300],
        "last_at": now,
    }
    alert, is_new = Alert.objects.select_for_update(of=("self",)).get_or_create(
        kind=kind,
        subject=usual[0],
        ended_at=None,
        defaults={**fields, "owner": owner, "raised_at": now, "mail_due_at": now},
    )
    is_told = is_new
    if not is_new:
        woke = alert.snoozed_until is not None and alert.snoozed_until <= now
        rose = SEVERITIES.index(severity) > SEVERITIES.index(alert.severity)
        is_told = woke or (rose and not alert.is_snoozed)
        for name, value in fields.items():
            setattr(alert, name, value)
        alert.times += 1
        if woke:
            alert.snoozed_until = None
        if is_told:
            alert.mail_due_at, alert.mail_attempts, alert.mailed = now, 0, []
        alert.save()
    if is_told:
        said: dict[str, str | int | float | None] = {
            "alert": alert.pk,
            "kind": kind,
            "subject": usual[0],
            "severity": severity,
            "times": alert.times,
        }
        sending.send(Event.ALERT_RAISED, said)
    return alert


def open_alerts() -> QuerySet[Alert]:
    """Those that nobody has ended and that are not snoozed now; the most severe first, then the latest."""
    now = timezone.now()
    return Alert.objects.filter(ended_at=None).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))


def examples_for(alert: Alert, viewer: User) -> tuple[list[Answer], int]:
    """The answers that show it whose sources `viewer` may all read now, and how many are withheld."""
    wanted = list(alert.examples)
    seen = {one.pk: one for one in review.answers_for(viewer).filter(pk__in=wanted).select_related("turn", "release")}
    return [seen[pk] for pk in wanted if pk in seen], len(wanted) - len(seen)


@transaction.atomic
def acknowledge(alert: Alert, *, by: User) -> None:
    """Somebody has seen it; who has no owner yet gets this one."""
    alert.acknowledged_at, alert.acknowledged_by = timezone.now(), by
    alert.owner = alert.owner or by
    _save(alert, by, "alert_acknowledged", "acknowledged_at", "acknowledged_by", "owner")


@transaction.atomic
def give_to(alert: Alert, owner: User | None, *, by: User) -> None:
    """`owner` looks after it from now on."""
    alert.owner = owner
    _save(alert, by, "alert_given", "owner")


@transaction.atomic
def snooze(alert: Alert, duration: timedelta, *, by: User) -> None:
    """Nobody is told of it for that long; it comes back when it is found again after."""
    alert.snoozed_until = timezone.now() + duration
    _save(alert, by, "alert_snoozed", "snoozed_until")


@transaction.atomic
def end(alert: Alert, *, by: User | None) -> None:
    """It is dealt with; the same finding later is a new alert."""
    alert.ended_at, alert.ended_by, alert.mail_due_at = timezone.now(), by, None
    _save(alert, by, "alert_ended", "ended_at", "ended_by", "mail_due_at")


def _save(alert: Alert, by: User | None, event: str, *fields: str) -> None:
    alert.save(update_fields=fields)
    audit.record(event, by=by, target=alert)


def owners() -> list[User]:
    """Who may be given an alert: whoever may see the dashboards."""
    roles = (Role.REVIEWER, Role.ADMIN)
    found = User.objects.filter(Q(role_assignments__role__in=roles) | Q(is_superuser=True), is_active=True)
    return list(found.distinct().order_by("username"))


def send_mail_due(now: datetime) -> int:
    """Mails what waits, one row at a time and in the language of each reader; how many mails went out.

    What fails is tried again, MAIL_ATTEMPTS times in all, for those readers alone who do not have it yet.
    The attempt is counted and the next try set before the mail is sent, so that a killed process neither loses it
    nor tries for ever.
    """
    sent = 0
    while (alert := _next_mail(now)) is not None:
        waiting = {language: to for language, to in _recipients(alert).items() if language not in alert.mailed}
        for language, to in waiting.items():
            try:
                with translation.override(language):
                    send_mail(_subject(alert), _body(alert), None, to)
            except OSError:
                log.warning("alerts.not_mailed", extra={"alert": alert.pk, "attempt": alert.mail_attempts})
                continue
            alert.mailed.append(language)
            alert.save(update_fields=["mailed"])
            sent += 1
        if waiting.keys() <= set(alert.mailed):
            Alert.objects.filter(pk=alert.pk).update(mail_due_at=None)
    return sent


@transaction.atomic
def _next_mail(now: datetime) -> Alert | None:
    alert = (
        Alert.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(mail_due_at__lte=now)
        .order_by("mail_due_at")
        .first()
    )
    if alert is None:
        return None
    alert.mail_attempts += 1
    alert.mail_due_at = now + MAIL_PAUSE if alert.mail_attempts < MAIL_ATTEMPTS else None
    alert.save(update_fields=["mail_attempts", "mail_due_at"])
    return alert


def _recipients(alert: Alert) -> dict[str, list[str]]:
    """Addresses by language: of the owner; without one those of the settings, or else of all admins that have one."""
    if alert.owner is not None and alert.owner.is_active and alert.owner.email:
        people = [(alert.owner.language, alert.owner.email)]
    elif settings.ALERT_MAIL:
        people = [("", address) for address in settings.ALERT_MAIL]
    else:
        admins = User.objects.filter(Q(role_assignments__role=Role.ADMIN) | Q(is_superuser=True), is_active=True)
        people = sorted(set(admins.exclude(email="").values_list("language", "email")))
    found: dict[str, list[str]] = {}
    for language, address in people:
        found.setdefault(language or settings.LANGUAGE_CODE, []).append(address)
    return found


def _subject(alert: Alert) -> str:
    return f"[ragapp] {alert.get_severity_display()}: {alert.title}".replace("\n", " ").replace("\r", " ")


def _body(alert: Alert) -> str:
    at = settings.BASE_URL + reverse("evaluation:alert", args=[alert.pk])
    why = _("You get this mail because you look after ragapp. Snooze or end the alert on its page.")
    return "\n".join([alert.sentence, "", _("Examples and what to do:"), at, "", why])
