"""Alerts: something left its usual range, and somebody should look."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention

# Those that the site itself raises.
KINDS: Mapping[str, str | Promise] = {
    "drift": _("Drift"),
    "rollout": _("Rollout"),
    "probe": _("Change of a model"),
    "model gone": _("Model gone"),
    "model retires": _("Model retires"),
    "evaluation_regression": _("Nightly run"),
    "golden answer": _("Golden answer"),
}


class Alert(models.Model):
    """One finding about one subject; open until somebody ends it. What is found again counts up on the open row.

    `text` is a sentence of ours with figures: never words of questions, answers or documents. Those are reached
    through `examples`, by who may read the sources of each.
    """

    class Severity(models.TextChoices):
        NOTICE = "notice", _("Notice")
        WARNING = "warning", _("Warning")
        CRITICAL = "critical", _("Critical")

    # "drift", "rollout", "probe", …: a word per part that raises them.
    kind = models.CharField(_("kind"), max_length=40)
    # What it is about, so that the same finding is told once: the name of a figure, a release, a deployment.
    subject = models.CharField(_("subject"), max_length=200)
    text = models.CharField(_("finding"), max_length=1000)
    # {language: [subject, text]}, for readers; without the language, the two fields above.
    texts = models.JSONField(default=dict)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity, default=Severity.WARNING)
    # Figures behind the sentence.
    details = models.JSONField(default=dict)
    # Ids of answers that show it; no foreign keys, since answers go.
    examples = ArrayField(models.UUIDField(), default=list)
    # A path of this site where more is to be seen.
    link = models.CharField(max_length=300, blank=True)
    times = models.PositiveIntegerField(_("times"), default=1)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    raised_at = models.DateTimeField(_("raised"), default=timezone.now)
    last_at = models.DateTimeField(_("last seen"), default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # When the mail is to go out; NULL: none waits. The row is the truth about that work.
    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    # Languages whose readers have this mail already.
    mailed = ArrayField(models.CharField(max_length=10), default=list)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset(
            {
                "id", "kind", "subject", "text", "texts", "severity", "details", "link", "times", "owner", "raised_at",
                "last_at", "acknowledged_at", "acknowledged_by", "snoozed_until", "ended_at", "ended_by",
                "mail_due_at", "mail_attempts", "mailed",
            }
        )  # fmt: skip
        purge: ClassVar = {"examples": timedelta(days=730)}

    class Meta:
        ordering = ["-last_at"]
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at__isnull=True), name="a_finding_is_open_once"
            )
        ]
        indexes: ClassVar = [
            Index(fields=["mail_due_at"], name="alerts_to_mail", condition=Q(mail_due_at__isnull=False)),
            Index(fields=["-last_at"], name="alerts_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"

    @property
    def kind_told(self) -> str:
        """What raised it, in words."""
        return str(KINDS.get(self.kind, self.kind))

    @property
    def title(self) -> str:
        """The subject in the language of whoever reads."""
        return self._said()[0]

    @property
    def sentence(self) -> str:
        """The finding in the language of whoever reads."""
        return self._said()[1]

    def _said(self) -> tuple[str, str]:
        subject, text = self.texts.get(get_language(), (self.subject, self.text))
        return str(subject), str(text)

    @property
    def is_snoozed(self) -> bool:
        return self.snoozed_until is not None and self.snoozed_until > timezone.now()
