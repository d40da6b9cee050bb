"""Answers, stamped with the versions that made them, and their citations."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from chat.models.conversation import Turn
from chat.models.release import Release
from ragapp.lib import retention


class Answer(models.Model):
    """What was said to a question, and everything needed to say why."""

    class State(models.TextChoices):
        """Where the making of it stands."""

        PENDING = "pending", _("Waiting")
        STREAMING = "streaming", _("Answering")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    class Status(models.TextChoices):
        """How it ended."""

        ANSWERED = "answered", _("Answered")
        CAVEAT = "caveat", _("Answered with a caveat")
        CONFLICT = "conflict", _("Sources conflict")
        NOT_FOUND = "not_found", _("Not in the documents")
        BLOCKED = "blocked", _("Blocked")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="answers")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    status = models.CharField(_("ending"), max_length=10, choices=Status, blank=True)
    # Markdown with markers [1], [2]; the sentences with their support stand in `sentences`.
    text = models.TextField(blank=True)
    # One sentence for the reader: fallback used, budget reached, source removed.
    notice = models.CharField(max_length=500, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    question_as_understood = models.TextField(blank=True)
    language = models.CharField(max_length=8, blank=True)

    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="answers")
    # Of a person's release: what drew it, "canary:<candidate>" or "experiment:<id>"; empty: it answers everybody.
    drawn_by = models.CharField(max_length=40, blank=True, default="")
    index_version = models.ForeignKey("documents.IndexVersion", on_delete=models.PROTECT, null=True, related_name="+")
    # "extractive" or the model's name as the provider reported it.
    model = models.CharField(max_length=120, blank=True)
    fallback_step = models.PositiveSmallIntegerField(default=0)
    cache_layer = models.CharField(max_length=20, blank=True)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    # NULL: the price is not known. Never zero for unknown.
    cost_usd = models.DecimalField(max_digits=12, decimal_places=8, null=True, blank=True)
    price = models.JSONField(default=dict)
    stage_ms = models.JSONField(default=dict)
    # [{"text", "markers": [1], "support": 0.0..1.0, "is_supported": true}]
    sentences = models.JSONField(default=list)
    guard_verdicts = models.JSONField(default=list)
    # The messages as sent to the model; empty for extractive answers.
    prompt = models.JSONField(default=list)
    # [{"chunk_id", "document_id", "score", "ranks": {...}, "fate", "kept", "told", "used"}] and why it was enough.
    candidates = models.JSONField(default=list)
    decision = models.JSONField(default=dict)

    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "turn", "state", "status", "notice", "failure", "language", "release", "drawn_by",
                "index_version", "model", "fallback_step", "cache_layer", "tokens_in", "tokens_out", "cost_usd",
                "price", "stage_ms", "guard_verdicts", "decision", "created_at", "heartbeat_at", "finished_at",
            }
        )  # fmt: skip
        purge: ClassVar = {
            name: timedelta(days=730)
            for name in ("text", "question_as_understood", "sentences", "prompt", "candidates")
        }

    class Meta:
        ordering = ["created_at"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        indexes: ClassVar = [
            Index(fields=["drawn_by", "created_at"], name="answers_that_were_drawn", condition=~Q(drawn_by=""))
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def is_running(self) -> bool:
        return self.state in (self.State.PENDING, self.State.STREAMING)


class Citation(models.Model):
    """Marker `marker` of an answer rests on a span of an extraction: it outlives chunks and re-indexing.

    The ids are no foreign keys, since the answer stays when the source goes; then `removed_at` is set and
    `quote` is emptied.
    """

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="citations")
    marker = models.PositiveSmallIntegerField()
    document_id = models.UUIDField(db_index=True)
    version_id = models.BigIntegerField()
    extraction_id = models.BigIntegerField()
    chunk_id = models.BigIntegerField()
    # The passage that was shown to the answerer, and in it the words that support the sentence.
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote_start = models.PositiveIntegerField()
    quote_end = models.PositiveIntegerField()
    quote = models.TextField(blank=True)
    title = models.CharField(max_length=300)
    version_number = models.PositiveIntegerField()
    page = models.PositiveIntegerField(null=True)
    # False: shown among the nearest passages of a refusal, not as support of a sentence.
    is_support = models.BooleanField(default=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "answer", "marker", "document_id", "version_id", "extraction_id", "chunk_id", "start",
                "end", "quote_start", "quote_end", "title", "version_number", "page", "is_support",
                "removed_at",
            }
        )  # fmt: skip
        purge: ClassVar = {"quote": timedelta(days=730)}

    class Meta:
        ordering = ["marker"]
        constraints: ClassVar = [UniqueConstraint(fields=["answer", "marker"], name="a_marker_is_used_once")]

    def __str__(self) -> str:
        return f"[{self.marker}] {self.title}"
