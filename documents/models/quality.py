"""What was found about the state of documents: those that state different things."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from documents.models.document import Document
from documents.models.index import Extraction
from ragapp.lib import retention


class Conflict(models.Model):
    """Two sentences of different documents that cannot both be right. Shown only to who may read both documents.

    It holds while both extractions are those that answer. `key` is of both documents and sentences, so that a decision
    outlives a new version that says the same.
    """

    class Kind(models.TextChoices):
        VALUE = "value", _("Different values")
        NEGATION = "negation", _("Yes and no")
        NAME = "name", _("Different people")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DISMISSED = "dismissed", _("No conflict")
        RESOLVED = "resolved", _("Resolved")

    key = models.CharField(max_length=64, unique=True)
    left_document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    left_extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="+")
    left_start = models.PositiveIntegerField()
    left_end = models.PositiveIntegerField()
    left_value = models.CharField(max_length=200, blank=True)
    right_document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    right_extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="+")
    right_start = models.PositiveIntegerField()
    right_end = models.PositiveIntegerField()
    right_value = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    likeness = models.FloatField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    found_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "key", "left_document", "left_extraction", "left_start", "left_end", "left_value",
                "right_document", "right_extraction", "right_start", "right_end", "right_value", "kind", "likeness",
                "state", "decided_by", "decided_at", "note", "found_at",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            CheckConstraint(condition=~Q(left_document=F("right_document")), name="a_conflict_is_between_two_documents")
        ]

    def __str__(self) -> str:
        return f"Conflict {self.pk}: {self.kind} ({self.state})"
