"""A release on its way to everybody, share by share, with brakes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention
from ragapp.lib.said import told


class Canary(models.Model):
    """A candidate that answers a growing share of the people beside the release in production."""

    class State(models.TextChoices):
        """Where it stands."""

        RAMPING = "ramping", _("Going on")
        PAUSED = "paused", _("Waiting for a person")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        RELEASED = "released", _("In production")
        ENDED = "ended", _("Ended")

    candidate = models.ForeignKey("chat.Release", on_delete=models.PROTECT, related_name="+")
    control = models.ForeignKey("chat.Release", on_delete=models.PROTECT, related_name="+")
    # [{"percent": 5, "hours": 4, "answers": 50}], the last one with 100 percent.
    plan = models.JSONField()
    step = models.PositiveSmallIntegerField(default=0)
    step_started_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.RAMPING)
    # Beyond these an answer counts as slow or dear: {"seconds": 4.2, "cost": 0.003, "since": "2026-…"}.
    limits = models.JSONField(default=dict)
    # What the last look found, as evaluation.brakes writes it.
    found = models.JSONField(default=dict)
    looked_at = models.DateTimeField(null=True, blank=True)
    # Why it stands where it stands, a sentence for people, as ragapp.lib.said stores it.
    because_said = models.JSONField(default=dict)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "candidate", "control", "plan", "step", "step_started_at", "state", "limits", "found",
             "looked_at", "because_said", "started_by", "started_at", "ended_at"}
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["ended_at"], condition=Q(ended_at=None), nulls_distinct=False, name="one_canary_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidate}: {self.get_state_display()}"

    @property
    def because(self) -> str:
        """Why it stands where it stands, for whoever reads."""
        return told(self.because_said)

    @property
    def percent(self) -> int:
        """The share of the step that it is at."""
        return int(self.plan[self.step]["percent"])
