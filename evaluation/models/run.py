"""Evaluation runs: a version of a dataset asked of a release, and what came of each case."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.models import Answer
from documents.leases import Leased
from evaluation.models.dataset import Case, DatasetVersion
from ragapp.lib import retention


class EvaluationRun(Leased):
    """The work of asking every case, and the figures over what came; what came of a case is a row of its own."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="runs")
    # Only questions about documents below this folder.
    folder = models.CharField(max_length=200, blank=True)
    release = models.ForeignKey("chat.Release", verbose_name=_("release"), on_delete=models.PROTECT, related_name="+")
    # The one that answered the first question; NULL before it.
    index_version = models.ForeignKey("documents.IndexVersion", on_delete=models.PROTECT, null=True, related_name="+")
    # As the dataset had them when the run was made.
    folders = models.JSONField(default=dict, blank=True)
    askers = models.JSONField(default=dict, blank=True)
    repeats = models.PositiveSmallIntegerField(default=1)
    is_judged = models.BooleanField(default=False)
    is_nightly = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    # Questions; seconds of work so far, from which the rest is estimated.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    work_s = models.FloatField(default=0.0)
    # As evaluation.metrics.figures gives them.
    metrics = models.JSONField(default=dict, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "version", "folder", "release", "index_version", "folders", "askers", "repeats", "is_judged",
                "is_nightly", "state", "attempts", "lease_until", "heartbeat_at", "worker", "total", "done", "work_s",
                "metrics", "failure", "requested_by", "started_at", "finished_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("evaluation run")
        verbose_name_plural = _("evaluation runs")

    def __str__(self) -> str:
        return f"{self.dataset} × {self.release}"

    @property
    def dataset(self) -> str:
        """The name of the dataset, with the folder that the run is about."""
        name = self.version.dataset.name
        return f"{name}/{self.folder}" if self.folder else name

    @property
    def failure_told(self) -> str:
        """Why it ended without figures, for whoever reads."""
        return gettext(self.failure) if self.failure else ""

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING, self.State.PAUSED)

    @property
    def left_s(self) -> float | None:
        """About how many seconds of work are left; None before the first question is done."""
        return self.work_s / self.done * max(0, self.total - self.done) if self.done else None


class CaseResult(models.Model):
    """What came of one case, asked by one person. It holds no text: that stands in the answer, which has its rights."""

    run = models.ForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="results")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="results")
    asker = models.CharField(max_length=150, blank=True)
    # False: asked by somebody who may read none of the right documents.
    is_permitted = models.BooleanField(default=True)
    repeat = models.PositiveSmallIntegerField(default=0)
    answer = models.ForeignKey("chat.Answer", on_delete=models.SET_NULL, null=True, related_name="evaluation_results")
    # How the answer ended; "error" when there is none.
    status = models.CharField(max_length=10)
    error = models.CharField(max_length=500, blank=True)
    # {measure: value}; a measure that does not apply is not there.
    measures = models.JSONField(default=dict)
    # The names of what was found, milliseconds by stage, the judge's reason.
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "run", "case", "asker", "is_permitted", "repeat", "answer", "status", "measures", "created_at"}
        )
        purge: ClassVar[dict[str, Any]] = {"facts": timedelta(days=730), "error": timedelta(days=730)}

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["run", "case", "asker", "repeat"], name="a_case_is_asked_once_a_repeat")
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.status}"

    @property
    def status_told(self) -> str:
        """How the answer ended, in words."""
        return str(dict(Answer.Status.choices).get(self.status, self.status))
