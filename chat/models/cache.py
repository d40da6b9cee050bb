"""Answers that are kept for whoever asks the same next, and what came of looking for them."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from chat.models.answer import Answer
from ragapp.lib import retention


class Layer(models.TextChoices):
    """How a kept answer was found."""

    EXACT = "exact", _("asked in the same words before")
    SEMANTIC = "semantic", _("asked in other words before")


class CachedAnswer(models.Model):
    """Points to an answer that may be given again: it has no text of its own, and goes with the answer.

    `key` stands for everything that decides about an answer beside the words of the question; `words` for those.
    """

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="kept")
    key = models.CharField(max_length=64)
    words = models.CharField(max_length=64)
    # Of the question, by the packaged model.
    vector = HalfVectorField()
    kept_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "answer", "key", "kept_at"})
        purge: ClassVar = {"words": timedelta(days=2), "vector": timedelta(days=2)}

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["key", "words"], name="a_question_is_kept_once")]

    def __str__(self) -> str:
        return f"kept {self.answer_id}"


class CacheLookup(models.Model):
    """A question for which a kept answer was looked for.

    The ids are no foreign keys: the figures outlive the answers.
    """

    answer_id = models.UUIDField(unique=True)
    # Empty: none was found.
    layer = models.CharField(max_length=10, choices=Layer, blank=True)
    source_id = models.UUIDField(null=True, blank=True)
    key = models.CharField(max_length=64)
    similarity = models.FloatField(null=True, blank=True)
    # What the answer had cost when it was made. NULL: the price is not known, or nothing was found.
    saved_usd = models.DecimalField(max_digits=12, decimal_places=8, null=True, blank=True)
    saved_ms = models.FloatField(null=True, blank=True)
    looked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # Of hits, some are answered anew in the background and compared.
    is_sampled = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    # NULL: not compared, or the documents had changed meanwhile.
    is_wrong = models.BooleanField(null=True, blank=True)
    found = models.CharField(max_length=20, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "answer_id", "layer", "source_id", "key", "similarity", "saved_usd", "saved_ms", "looked_at",
                "is_sampled", "attempts", "lease_until", "compared_at", "is_wrong", "found",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=Q(is_sampled=False) | ~Q(layer=""), name="only_hits_are_compared")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["looked_at"], condition=Q(is_sampled=True, compared_at__isnull=True), name="hits_to_compare"
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer or 'nothing'} for {self.answer_id}"
