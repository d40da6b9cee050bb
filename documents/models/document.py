"""Collections, documents and the versions of a document."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from documents.models.access import AccessList
from documents.models.lease import Leased
from ragapp.lib import retention
from ragapp.privacy.personal_data.types import DEFAULT_KINDS


def default_kinds() -> list[str]:
    """The kinds of personal data that a new collection looks for, once its policy asks for it."""
    return [kind.value for kind in DEFAULT_KINDS]


class Collection(models.Model):
    """Documents that are shared alike."""

    class PersonalData(models.TextChoices):
        """What happens to personal data in the documents: from the loosest to the strictest."""

        ALLOW = "allow", _("Leave it, and do not look for it")
        TAG = "tag", _("Report it, and leave the text as it is")
        QUARANTINE = "quarantine", _("Hold documents with it until somebody releases them")
        REDACT = "redact", _("Replace it before anything else is done with the text")

    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=500, blank=True)
    access_list = models.OneToOneField(AccessList, on_delete=models.PROTECT, related_name="collection")
    personal_data = models.CharField(max_length=10, choices=PersonalData, default=PersonalData.ALLOW)
    personal_data_kinds = ArrayField(models.CharField(max_length=20), default=default_kinds, blank=True)
    # Files attached to something of one person: in no list of collections, searched only where they are attached.
    is_private = models.BooleanField(default=False)
    # Answers that rest on its documents may be given again to whoever asks the same and may read the same.
    keeps_answers = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "name", "description", "access_list", "personal_data", "personal_data_kinds", "is_private",
                "keeps_answers", "created_by", "created_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """A source under one path of a collection; its current version answers questions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="documents")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="attachments")
    path = models.CharField(max_length=500)
    # Several may have one path: who may not read the one that has it is told nothing of it. Counted from 0.
    namesake = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=300)
    # A person chose the title: what later versions call themselves does not replace it.
    has_own_title = models.BooleanField(default=False)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # Of the web page that it was read from; "" for what was uploaded.
    source_url = models.CharField(max_length=2000, blank=True)
    # Beside the collection's list, this one must name the reader too. NULL: only the collection's list counts.
    access_list = models.OneToOneField(
        AccessList, on_delete=models.PROTECT, null=True, blank=True, related_name="document"
    )
    current_version = models.ForeignKey(
        "documents.DocumentVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "collection", "parent", "path", "namesake", "title", "has_own_title", "tags", "source_url",
                "access_list", "current_version", "created_by", "created_at", "updated_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["path"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["collection", "path", "namesake"], name="a_namesake_is_counted_once")
        ]

    def __str__(self) -> str:
        """What the audit log calls it: the names of private files are nobody else's business."""
        return str(_("a private file")) if self.collection.is_private else self.title


class DocumentVersion(models.Model):
    """The bytes as they were uploaded: what a person calls v3. Immutable."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    size_bytes = models.BigIntegerField()
    filename = models.CharField(max_length=300)
    media_type = models.CharField(max_length=120)
    storage_key = models.CharField(max_length=120)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    valid_from = models.DateField(null=True, blank=True)
    # A person said from when to when it holds: what is read in its text does not replace it.
    is_validity_confirmed = models.BooleanField(default=False)
    # The last day on which it holds; NULL: until a later version does.
    valid_to = models.DateField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "document", "number", "sha256", "size_bytes", "filename", "media_type", "storage_key",
                "uploaded_by", "uploaded_at", "valid_from", "valid_to", "is_validity_confirmed",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-number"]
        constraints: ClassVar = [UniqueConstraint(fields=["document", "number"], name="a_version_number_is_used_once")]

    def __str__(self) -> str:
        return f"{self.document} v{self.number}"


class IngestionRun(Leased):
    """The work of making a version answer questions: the truth about it, with lease and attempts."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Processing")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        HELD = "held", _("Held for review")

    class Stage(models.TextChoices):
        PARSE = "parse", _("Parse")
        CLEAN = "clean", _("Clean")
        REDACT = "redact", _("Redact")
        CHUNK = "chunk", _("Chunk")
        EMBED = "embed", _("Embed")
        INDEX = "index", _("Index")

    version = models.OneToOneField(DocumentVersion, on_delete=models.CASCADE, related_name="run")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.PARSE)
    stage_ms = models.JSONField(default=dict)
    failure = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    warnings = models.JSONField(default=list)
    # Pages, from 1, that show something and gave no text.
    unread_pages = models.JSONField(default=list)
    # Somebody asked to have them all recognised, in these of Tesseract's languages; "" until then.
    ocr_languages = models.CharField(max_length=60, blank=True)
    # Why a person has to look at it first, as documents.ingestion.errors.Reason writes it; kept once it is released.
    held_for = models.JSONField(default=list)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)
    # At its end this version answers, also when a newer one does now.
    is_restoring = models.BooleanField(default=False)
    queued_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "version", "state", "stage", "attempts", "lease_until", "heartbeat_at", "worker", "stage_ms",
                "failure", "hint", "warnings", "unread_pages", "ocr_languages", "held_for", "released_by",
                "released_at", "is_restoring", "queued_at", "finished_at",
            }
        )  # fmt: skip

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "lease_until"], name="runs_to_do")]

    def __str__(self) -> str:
        # Without the document's name: whoever looks after the queue need not be one of its readers.
        return f"Version {self.version_id}: {self.state} ({self.stage})"

    def is_released(self, kind: str) -> bool:
        """Whether somebody has seen the reasons of this kind and let the version pass."""
        return self.released_at is not None and any(reason["kind"] == kind for reason in self.held_for)
