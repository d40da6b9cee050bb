"""Conversations, and the questions asked in them as a tree: a question that was edited stands beside the first one."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils import timezone

from ragapp.lib import retention


class Conversation(models.Model):
    """A person's thread of questions; nobody else's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # Deleted conversations can be restored for a day, then they are gone.
    deleted_at = models.DateTimeField(null=True, blank=True)
    # Pinned conversations stand above the others.
    pinned_at = models.DateTimeField(null=True, blank=True)
    # What was attached to it, which its person alone reads; a private collection, made with the first file.
    files = models.OneToOneField(
        "documents.Collection", on_delete=models.SET_NULL, null=True, blank=True, related_name="conversation"
    )
    # Asked from the shell or by an evaluation run: not shown in the sidebar.
    is_hidden = models.BooleanField(default=False)

    class Retention(retention.Policy):
        keep = frozenset({"id", "user", "created_at", "updated_at", "deleted_at", "pinned_at", "files", "is_hidden"})
        erase: ClassVar = {"title": ""}

    class Meta:
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title


class Turn(models.Model):
    """A question, and the answers given to it (more than one after "again").

    Questions after the same `parent` are branches. The one chosen last is shown, and read by the model.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    # In the order in which they were asked, whatever the branch.
    ordinal = models.PositiveIntegerField()
    # The question before it; NULL for the first, and for the first in other words.
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="follow_ups")
    chosen_at = models.DateTimeField(default=timezone.now)
    # Of several answers the one that was chosen; NULL: the latest.
    chosen_answer = models.ForeignKey("chat.Answer", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    question = models.TextField()
    # Only documents of this collection were asked about; NULL means all that the person may read.
    collection_id = models.BigIntegerField(null=True, blank=True)
    # The documents answer as they held on this day; NULL means as they hold now.
    as_of = models.DateField(null=True, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id",
                "conversation",
                "ordinal",
                "parent",
                "chosen_at",
                "chosen_answer",
                "collection_id",
                "as_of",
                "asked_at",
            }
        )
        purge: ClassVar = {"question": timedelta(days=730)}

    class Meta:
        ordering = ["ordinal"]
        constraints: ClassVar = [UniqueConstraint(fields=["conversation", "ordinal"], name="a_turn_has_its_place")]

    def __str__(self) -> str:
        return self.question[:80]
