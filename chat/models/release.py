"""Prompts, releases and the pointer that says which release answers."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from ragapp.lib import retention


class Immutable(Exception):
    """Prompts and releases do not change once they are made. Make another."""


def _refuse_changes(row: models.Model) -> None:
    """Raises Immutable when a stored row has other values than those in the database."""
    if row._state.adding:
        return
    stored = type(row)._base_manager.filter(pk=row.pk).values().first() or {}
    if any(getattr(row, name) != value for name, value in stored.items()):
        raise Immutable


class PromptVersion(models.Model):
    """One wording of a named prompt. Immutable."""

    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    body = models.TextField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "name", "number", "body", "created_by", "created_at"})

    class Meta:
        ordering = ["name", "-number"]
        constraints: ClassVar = [UniqueConstraint(fields=["name", "number"], name="a_prompt_version_is_made_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_changes(self)
        super().save(*args, **kwargs)


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

    class Retention(retention.Policy):
        keep = frozenset(
            {"id", "name", "prompts", "route", "retrieval", "guards", "index_version", "created_by",
             "created_at", "note"}
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        _refuse_changes(self)
        super().save(*args, **kwargs)


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
