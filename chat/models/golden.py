"""Answers that a person has checked, given to whoever asks the same and may read what they rest on."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from chat.models.answer import Answer
from ragapp.lib import retention


class GoldenAnswer(models.Model):
    """A question with the answer that a person stands for, until a day, for an audience, while its sources hold."""

    question = models.CharField(_("question"), max_length=1000)
    # Markdown with the markers of its sources.
    text = models.TextField(_("answer"))
    language = models.CharField(max_length=8)
    # A digest of the question's words, and its vector by the packaged model.
    words = models.CharField(max_length=64, db_index=True)
    vector = HalfVectorField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    # Nobody: everybody who may read its sources.
    audience = models.ManyToManyField("auth.Group", blank=True, related_name="+", verbose_name=_("audience"))
    # The last day on which it is given; NULL: until somebody takes it back.
    expires_on = models.DateField(_("until"), null=True, blank=True)
    is_live = models.BooleanField(_("given to askers"), default=False)
    # The answer that it was made from.
    made_from = models.ForeignKey(Answer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(_("checked"), auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "question", "text", "language", "words", "vector", "owner", "audience", "expires_on", "is_live",
                "made_from", "created_at", "checked_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("golden answer")
        verbose_name_plural = _("golden answers")

    def __str__(self) -> str:
        return self.question[:80]


class GoldenSource(models.Model):
    """A passage that a golden answer rests on: once its document says something else, the answer is not given."""

    golden = models.ForeignKey(GoldenAnswer, on_delete=models.CASCADE, related_name="sources")
    # The columns of a citation, which it becomes in each answer.
    marker = models.PositiveSmallIntegerField()
    document_id = models.UUIDField(db_index=True)
    version_id = models.BigIntegerField()
    extraction_id = models.BigIntegerField()
    chunk_id = models.BigIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote_start = models.PositiveIntegerField()
    quote_end = models.PositiveIntegerField()
    quote = models.TextField()
    title = models.CharField(max_length=300)
    version_number = models.PositiveIntegerField()
    page = models.PositiveIntegerField(null=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "golden", "marker", "document_id", "version_id", "extraction_id", "chunk_id", "start", "end",
                "quote_start", "quote_end", "quote", "title", "version_number", "page",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["marker"]
        constraints: ClassVar = [UniqueConstraint(fields=["golden", "marker"], name="a_golden_marker_is_used_once")]

    def __str__(self) -> str:
        return f"[{self.marker}] {self.title}"


class GoldenHit(models.Model):
    """A golden answer was given. The answer's id is no foreign key: the figures outlive conversations."""

    golden = models.ForeignKey(GoldenAnswer, on_delete=models.CASCADE, related_name="hits")
    answer_id = models.UUIDField(unique=True)
    similarity = models.FloatField()
    at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "golden"})
        purge: ClassVar = {name: timedelta(days=730) for name in ("answer_id", "similarity", "at")}

    class Meta:
        ordering = ["-at"]
        indexes: ClassVar = [models.Index(fields=["golden", "at"], name="golden_hits_by_time")]

    def __str__(self) -> str:
        return f"{self.golden_id} at {self.at:%Y-%m-%d %H:%M}"
