"""Work on index versions in the background: filling one, and measuring it."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models.index import IndexVersion
from documents.models.lease import Leased
from ragapp.lib import retention


class IndexBuild(Leased):
    """The work of filling an index version beside the live one, and of keeping it up to date afterwards."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    index_version = models.OneToOneField(IndexVersion, on_delete=models.CASCADE, related_name="build")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    # Versions of documents; seconds of work so far, from which the rest is estimated.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    work_s = models.FloatField(default=0.0)
    failure = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    queued_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "index_version", "state", "attempts", "lease_until", "heartbeat_at", "worker", "total", "done",
                "work_s", "failure", "hint", "requested_by", "queued_at", "finished_at",
            }
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Build of {self.index_version_id}: {self.state}"

    @property
    def left_s(self) -> float | None:
        """About how many seconds of work are left; None before the first document is done."""
        return self.work_s / self.done * max(0, self.total - self.done) if self.done else None


class IndexReport(Leased):
    """Figures about an index version, made in the background: compared with another, or advice on it. No text."""

    class Kind(models.TextChoices):
        COMPARISON = "comparison", _("Comparison")
        ADVICE = "advice", _("Advice")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=12, choices=Kind)
    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="reports")
    # What it is compared with.
    baseline = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    # Of a comparison on questions that somebody brought: the name of the file, where their documents are, and until it
    # is made the questions as [question, {document: grade}]. Without them it asks what people asked last.
    dataset = models.CharField(max_length=200, blank=True)
    collection = models.ForeignKey(
        "documents.Collection", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    questions = models.JSONField(default=list, blank=True)
    # Questions.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # As documents.indexes.comparing and .advising give them.
    figures = models.JSONField(default=dict)
    failure = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "kind", "index_version", "baseline", "state", "attempts", "lease_until", "heartbeat_at", "worker",
                "dataset", "collection", "total", "done", "figures", "failure", "requested_by", "created_at",
                "finished_at",
            }
        )  # fmt: skip
        # Emptied as soon as the figures are there, and when nobody made them.
        purge: ClassVar = {"questions": timedelta(days=1)}

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.index_version_id}: {self.state}"

    @property
    def overlap(self) -> str:
        """The share of the first ten documents that both found."""
        found = self.figures.get("overlap@10")
        return f"{found['mean']:.0%}" if found else ""

    @property
    def difference(self) -> str:
        """nDCG@10 minus that of the other, with its interval."""
        found = self.figures.get("difference")
        return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]" if found else ""

    @property
    def ndcg(self) -> str:
        """nDCG@10 of the other and of this one."""
        return " → ".join(f"{one['mean']:.3f}" for one in self.figures.get("ndcg@10", ()) if one)

    @property
    def milliseconds(self) -> str:
        """The median of a search before and now."""
        return " → ".join(f"{ms:.0f}" for ms in self.figures.get("ms p50", ()) if ms is not None)
