"""Links under which colleagues read a conversation."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q, QuerySet, UniqueConstraint
from django.utils import timezone

from chat.models.answer import Answer
from chat.models.conversation import Conversation
from ragapp.lib import retention


class Share(models.Model):
    """A link that shows `answers`, with their questions, to everybody who is signed in and may read their sources.

    What is asked later is not part of it.
    """

    # The link; nobody guesses it, and it opens nothing to people who are not signed in.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="shares")
    answers = models.ManyToManyField(Answer, related_name="shares")
    created_at = models.DateTimeField(auto_now_add=True)
    # NULL: until it is withdrawn.
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "conversation", "answers", "created_at", "expires_at", "withdrawn_at"})

    class Meta:
        ordering = ["-created_at"]
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["conversation"], condition=Q(withdrawn_at__isnull=True), name="a_conversation_has_one_link"
            )
        ]

    def __str__(self) -> str:
        return f"Link to {self.conversation_id}"

    @classmethod
    def open(cls) -> "QuerySet[Share]":
        """Links that work now: not withdrawn, not expired, of a conversation that is there and somebody active."""
        return cls.objects.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            withdrawn_at__isnull=True,
            conversation__deleted_at__isnull=True,
            conversation__user__is_active=True,
        )
