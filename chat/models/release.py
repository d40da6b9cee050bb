"""Releases, the pointer that says which one answers, and how it moved."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models.prompt import PromptVersion, refuse_changes
from ragapp.lib import retention
from ragapp.lib.said import told

# What the software writes as the reason of its own releases, in the language of whoever reads.
SHIPPED: Mapping[str, str | Promise] = {
    "Comes with the software.": _("Comes with the software."),
    "Simulated traffic only.": _("Simulated traffic only."),
}


class Release(models.Model):
    """Everything that decides how a question is answered. Immutable: a change is another release."""

    name = models.CharField(max_length=60, unique=True)
    prompts = models.ManyToManyField(PromptVersion, related_name="releases")
    # By task, read by ragapp.llm.routes: {"answer": {"deployments": [{"a": 3, "b": 1}, "c"]}}, or {"extractive": true}.
    # A task that is not named goes by the site's routes.
    route = models.JSONField(default=dict)
    # Read by chat.releases.settings: top_k, thresholds, weights.
    retrieval = models.JSONField(default=dict)
    guards = models.JSONField(default=dict)
    # NULL follows the live index version.
    index_version = models.ForeignKey(
        "documents.IndexVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=500, blank=True)
    cloned_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "name", "prompts", "route", "retrieval", "guards", "index_version", "created_by",
             "created_at", "note", "cloned_from"}
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_changes(self)
        super().save(*args, **kwargs)

    @property
    def note_told(self) -> str:
        """Why it was made; of those that the software makes, in the reader's language."""
        return str(SHIPPED.get(self.note, self.note))


class Rollout(models.Model):
    """The pointer (one row): `production` answers, `candidate` answers `candidate_percent` of the people."""

    production = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    candidate_percent = models.PositiveSmallIntegerField(default=0)
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    moved_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "production", "candidate", "candidate_percent", "moved_by", "moved_at"})

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(id=1), name="there_is_one_rollout"),
            CheckConstraint(condition=Q(candidate_percent__lte=100), name="a_share_is_at_most_all"),
            CheckConstraint(
                condition=Q(candidate__isnull=True) | ~Q(candidate=F("production")),
                name="a_candidate_differs_from_production",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.production} in production"


class RolloutMove(models.Model):
    """One move of the pointer: who or what moved it, why, and what it said afterwards. Append-only."""

    class Kind(models.TextChoices):
        """What was done."""

        CANARY_STARTED = "canary_started", _("Canary started")
        SHARE_CHANGED = "share_changed", _("Share changed")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        PROMOTED = "promoted", _("Moved to production")

    kind = models.CharField(max_length=20, choices=Kind)
    production = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    production_before = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    candidate_before = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    candidate_percent = models.PositiveSmallIntegerField(default=0)
    # NULL: moved by itself.
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    moved_at = models.DateTimeField(auto_now_add=True)
    # As ragapp.lib.said stores it.
    reason_said = models.JSONField(default=dict)
    # What the gates and brakes said: names and numbers.
    evidence = models.JSONField(default=dict)

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "kind", "production", "production_before", "candidate", "candidate_before",
             "candidate_percent", "moved_by", "moved_at", "reason_said", "evidence"}
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.candidate or self.production}"

    @property
    def reason(self) -> str:
        """Why it moved, for whoever reads."""
        return told(self.reason_said)
