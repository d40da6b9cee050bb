"""Prompts: wordings that never change, and labels that move between them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Immutable(Exception):
    """Prompts and releases do not change once they are made. Make another."""


def refuse_changes(row: models.Model) -> None:
    """Raises Immutable when a stored row has other values than those in the database."""
    if row._state.adding:
        return
    stored = type(row)._base_manager.filter(pk=row.pk).values().first() or {}
    if any(getattr(row, name) != value for name, value in stored.items()):
        raise Immutable


class PromptVersion(models.Model):
    """One wording of a named prompt. Immutable."""

    class Task(models.TextChoices):
        """What a model is asked to do with it; each task has its own variables."""

        ANSWER = "answer", _("Answer")
        REWRITE = "rewrite", _("Understand a follow-up")
        TITLE = "title", _("Name a conversation")
        JUDGE = "judge", _("Judge an answer")

    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    task = models.CharField(max_length=12, choices=Task, default=Task.ANSWER)
    body = models.TextField()
    # Why it was made; what it was made from.
    note = models.CharField(max_length=500, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "name", "number", "task", "body", "note", "parent", "created_by", "created_at"})

    class Meta:
        ordering = ["name", "-number"]
        constraints: ClassVar = [UniqueConstraint(fields=["name", "number"], name="a_prompt_version_is_made_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_changes(self)
        super().save(*args, **kwargs)


class PromptLabel(models.Model):
    """A name for one version of a prompt; it moves, the version does not change."""

    prompt = models.CharField(max_length=60)
    label = models.CharField(max_length=36)
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="labels")
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    moved_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "prompt", "label", "version", "moved_by", "moved_at"})

    class Meta:
        ordering = ["label"]
        constraints: ClassVar = [UniqueConstraint(fields=["prompt", "label"], name="a_label_stands_at_one_version")]

    def __str__(self) -> str:
        return f"{self.prompt}@{self.label}"
