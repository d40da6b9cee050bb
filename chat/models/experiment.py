"""An A/B test between two releases: who takes part, what counts, how it ended."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from chat.models.release import Release
from ragapp.lib import retention
from ragapp.lib.said import told


class Experiment(models.Model):
    """Half of those who take part get `control`, the others `treatment`; each person always the same."""

    class State(models.TextChoices):
        """Where it stands; once it has ended it does not go on."""

        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")

    class Metric(models.TextChoices):
        """What can be compared, one figure an answer."""

        HELPFUL = "helpful", _("Thumbs up among thumbs")
        ANSWERED = "answered", _("Questions answered")
        SUPPORTED = "supported", _("Answers with every sentence supported")
        FAILED = "failed", _("Answers that failed")
        SECONDS = "seconds", _("Seconds to the whole answer")
        COST = "cost", _("US$ an answer")
        AGAIN = "again", _("Answers made again")

    name = models.CharField(max_length=80, unique=True)
    hypothesis = models.CharField(max_length=500)
    control = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    treatment = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    share_percent = models.PositiveSmallIntegerField(default=100)
    primary = models.CharField(max_length=12, choices=Metric, default=Metric.HELPFUL)
    guards = ArrayField(models.CharField(max_length=12, choices=Metric), default=list, blank=True)
    # In the metric's own unit: the smallest difference that would be worth the change.
    least_effect = models.FloatField()
    planned_people = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # As ragapp.lib.said stores it.
    conclusion_said = models.JSONField(default=dict)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "name", "hypothesis", "control", "treatment", "share_percent", "primary", "guards",
             "least_effect", "planned_people", "state", "created_by", "created_at", "started_at", "ended_at",
             "conclusion_said"}
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar = [
            CheckConstraint(condition=Q(share_percent__range=(1, 100)), name="an_experiment_has_people"),
            CheckConstraint(condition=~Q(control=F("treatment")), name="an_experiment_compares_two_releases"),
            UniqueConstraint(fields=["state"], condition=Q(state="running"), name="one_experiment_runs_at_a_time"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def conclusion(self) -> str:
        """What was read at its end, for whoever reads."""
        return told(self.conclusion_said)
