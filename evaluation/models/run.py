"""Evaluation runs: a dataset asked of a release."""

from typing import ClassVar

from django.db import models

from ragapp.lib import retention


class EvaluationRun(models.Model):
    """`results` holds one entry per question, `metrics` the figures over them."""

    dataset = models.CharField(max_length=200)
    dataset_sha256 = models.CharField(max_length=64)
    release = models.ForeignKey("chat.Release", on_delete=models.PROTECT, related_name="+")
    index_version = models.ForeignKey("documents.IndexVersion", on_delete=models.PROTECT, related_name="+")
    metrics = models.JSONField(default=dict)
    results = models.JSONField(default=list)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset(
            {
                "id", "dataset", "dataset_sha256", "release", "index_version", "metrics", "results", "started_at",
                "finished_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.dataset} × {self.release}"
