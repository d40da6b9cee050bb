"""What people miss in a collection."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from documents.models.document import Collection
from ragapp.lib import retention


class Wish(models.Model):
    """A document, or a matter, that somebody misses in a collection; its owners see who, what and after which question.

    The words are the person's own, never a document's.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Added"
        DECLINED = "declined", "Not to be added"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="wishes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(max_length=1000)
    question = models.TextField(blank=True, max_length=1000)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Retention(retention.Policy):
        keep = frozenset({"id", "collection", "user", "state", "created_at", "closed_at", "closed_by"})
        purge: ClassVar = {"text": timedelta(days=730), "question": timedelta(days=730)}

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Wish {self.pk} ({self.state})"
