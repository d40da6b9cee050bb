"""Questions that a person answers: who asked for it, who has it, and by when."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ragapp.accounts.models import User
from ragapp.lib import retention


class EscalationRule(models.Model):
    """Which answers a person looks at without anybody asking for it."""

    class Kind(models.TextChoices):
        TOPIC = "topic", _("The question names a topic")
        LOW_SUPPORT = "low_support", _("Little support by the sources")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    # One a line; a question names it when it has all its words, in whatever form.
    topics = models.TextField(_("topics, one a line"), blank=True, max_length=4000)
    support_below = models.FloatField(
        _("support below"), default=0.5, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("owner"),
    )  # fmt: skip
    hours = models.PositiveSmallIntegerField(_("hours to reply"), default=24, validators=[MinValueValidator(1)])
    is_active = models.BooleanField(_("active"), default=True)
    # Everything up to this moment was looked at.
    applied_at = models.DateTimeField(_("applied"), auto_now_add=True, editable=False)

    class Retention(retention.Policy):
        keep = frozenset({"id", "name", "kind", "topics", "support_below", "owner", "hours", "is_active", "applied_at"})

    class Meta:
        ordering = ["pk"]
        verbose_name = _("escalation rule")
        verbose_name_plural = _("escalation rules")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A rule about topics names some."""
        if self.kind == self.Kind.TOPIC and not self.topics.strip():
            raise ValidationError({"topics": _("Write at least one topic.")})


class Escalation(models.Model):
    """A question that a person is to answer."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    answer = models.OneToOneField("chat.Answer", on_delete=models.CASCADE, related_name="escalation")
    # Who asked the question, and reads the reply.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("asked by"), on_delete=models.CASCADE, related_name="+"
    )
    # NULL: the asker wanted it, or the rule is gone.
    rule = models.ForeignKey(
        EscalationRule, verbose_name=_("rule"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    # Who is to reply; NULL: any reviewer who may read the sources.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("owner"),
    )  # fmt: skip
    due_at = models.DateTimeField(_("reply due"), null=True, blank=True)
    # When the next mail goes out, to whoever is to reply or, of a reply, to the asker; NULL: at once, or never.
    remind_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reply = models.TextField(_("reply"), blank=True)
    replied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # When the asker was told of the reply; tried again while it is NULL and tries are left.
    told_at = models.DateTimeField(null=True, blank=True)
    # When the asker first looked at the conversation with the reply.
    seen_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "answer", "user", "rule", "state", "owner", "due_at", "remind_at", "reminders", "replied_by",
                "told_at", "seen_at", "tries", "created_at", "closed_at",
            }
        )  # fmt: skip
        purge: ClassVar = {"note": timedelta(days=730), "reply": timedelta(days=730)}

    class Meta:
        verbose_name = _("question for a person")
        verbose_name_plural = _("questions for people")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.answer.turn.question[:80]}"

    @classmethod
    def unseen_by(cls, user: User) -> models.QuerySet["Escalation"]:
        """Replies to what this person asked that they have not looked at yet, the latest first."""
        asked = cls.objects.filter(
            answer__turn__conversation__user=user, answer__turn__conversation__deleted_at__isnull=True
        )
        return asked.filter(seen_at__isnull=True).exclude(reply="").order_by("-closed_at")
