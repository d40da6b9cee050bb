"""A release that answers in the shadow: after production, unseen, to be compared."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from chat.models import Answer
from ragapp.lib import retention


class Shadow(models.Model):
    """While it has not ended, `candidate` also answers `percent` of the questions, and nobody sees it."""

    candidate = models.ForeignKey("chat.Release", on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField()
    # Answers that ended until then were looked at.
    picked_until = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "candidate", "percent", "picked_until", "started_by", "started_at", "ended_at"})

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar = [
            CheckConstraint(condition=Q(percent__range=(1, 100)), name="a_shadow_has_a_share"),
            UniqueConstraint(
                fields=["ended_at"], condition=Q(ended_at=None), nulls_distinct=False, name="one_shadow_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate}: {self.percent} %"


class ShadowAnswer(models.Model):
    """What the candidate would have said to the question of `answer`; never shown to who asked."""

    class State(models.TextChoices):
        """Where the making of it stands."""

        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Answering")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, related_name="answers")
    answer = models.ForeignKey("chat.Answer", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True)
    # Whose text it may hold: only who may read all of them sees it.
    documents = ArrayField(models.UUIDField(), default=list)
    supported = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=8, null=True, blank=True)
    model = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "shadow", "answer", "state", "attempts", "lease_until", "status", "documents", "supported",
             "seconds", "cost_usd", "model", "created_at"}
        )  # fmt: skip
        purge: ClassVar = {"text": timedelta(days=730)}

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar = [UniqueConstraint(fields=["shadow", "answer"], name="a_shadow_answers_once")]

    def __str__(self) -> str:
        return f"{self.shadow_id}: {self.answer_id}"

    @property
    def status_told(self) -> str:
        """How it ended, in words."""
        return str(dict(Answer.Status.choices).get(self.status, self.status))
