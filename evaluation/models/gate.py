"""Gates: what a release has to reach before it may answer people."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from evaluation.models.dataset import Dataset
from ragapp.lib import retention


class GateStage(models.TextChoices):
    """Where a release wants to go."""

    CANDIDATE = "candidate", _("Candidate")
    PRODUCTION = "production", _("Production")


class Gate(models.Model):
    """The worse end of the metric's 95 % interval on the dataset has to be at least, or at most, `bound`."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="gates")
    metric = models.CharField(max_length=60)
    bound = models.FloatField()
    stage = models.CharField(max_length=10, choices=GateStage)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "dataset", "metric", "bound", "stage", "created_by", "created_at"})

    class Meta:
        ordering = ["stage", "dataset__name", "metric"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["dataset", "metric", "stage"], name="a_stage_has_one_bound_for_a_metric")
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.metric} on {self.dataset_id}"
