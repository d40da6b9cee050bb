"""Datasets: questions with what a good answer holds, in versions that do not change."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class VersionFixed(Exception):
    """The questions of a version do not change once they are stored. Make another version."""


class Dataset(models.Model):
    """A name for the versions, and where they are asked: of which collections, by whom."""

    name = models.CharField(max_length=200, unique=True)
    description = models.CharField(max_length=500, blank=True)
    # The folder that the paths of a collection's documents are below, by the collection's id; empty: whatever the
    # askers may read, by its path.
    folders = models.JSONField(default=dict, blank=True)
    # {name in the cases: sign-in name}; "" stands for cases that name nobody.
    askers = models.JSONField(default=dict, blank=True)
    # Asked every night of the release in production.
    is_nightly = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "name", "description", "folders", "askers", "is_nightly", "created_by", "created_at"})

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def description_told(self) -> str:
        """What it is, for whoever reads; of those that the software makes, in their language."""
        return gettext(self.description) if self.description else ""


class DatasetVersion(models.Model):
    """The cases as they stood; `sha256` is that of everything in them."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    # {folder: [names]}, as in a dataset's readers.json; empty: everyone who asks may read everything.
    readers = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "dataset", "number", "sha256", "readers", "note", "created_by", "created_at"})

    class Meta:
        ordering = ["dataset", "-number"]
        constraints: ClassVar = [UniqueConstraint(fields=["dataset", "number"], name="a_dataset_version_is_made_once")]

    def __str__(self) -> str:
        return f"{self.dataset} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise VersionFixed
        super().save(*args, **kwargs)


class Case(models.Model):
    """A question, who asks it, and what a good answer holds."""

    class Provenance(models.TextChoices):
        """Where it comes from."""

        IMPORTED = "imported", _("Imported")
        REVIEW = "review", _("From a review")
        FAILURE = "failure", _("From a failure")
        SYNTHETIC = "synthetic", _("Synthetic")
        PAIRED = "paired", _("Made for comparing groups")

    class Split(models.TextChoices):
        """For what it may be used: a prompt is worked on with one part, and judged on the other."""

        TEST = "test", _("Test")
        DEV = "dev", _("Development")

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="cases")
    ordinal = models.PositiveIntegerField()
    # Stays the same through the versions: the history of a case goes by it.
    key = models.CharField(max_length=120)
    question = models.TextField()
    answers = ArrayField(models.TextField(), default=list, blank=True)
    # Sentences of a rejected answer that its correction took out: no answer may show them.
    unwanted = ArrayField(models.TextField(), default=list, blank=True)
    asker = models.CharField(max_length=150, blank=True)
    is_answerable = models.BooleanField(default=True)
    category = models.CharField(max_length=100, blank=True)
    split = models.CharField(max_length=4, choices=Split, default=Split.TEST)
    provenance = models.CharField(max_length=10, choices=Provenance, default=Provenance.IMPORTED)
    # Of questions that differ in one thing only: which belong together, and what differs ("gender:female").
    pair = models.CharField(max_length=120, blank=True)
    variant = models.CharField(max_length=60, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "version", "ordinal", "key", "question", "answers", "asker", "is_answerable", "category",
                "split", "provenance", "pair", "variant", "unwanted", "approved_by",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["ordinal"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["version", "ordinal"], name="a_place_in_a_version_holds_one_case"),
        ]

    def __str__(self) -> str:
        return self.key

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise VersionFixed
        super().save(*args, **kwargs)


class CaseSource(models.Model):
    """A document that a case is about: the right one, or one that its words come from.

    `document_id` is no foreign key: when the document goes, nobody may read the case any more. NULL: not found yet.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=1000)
    # NULL: not among the right documents, but words of the case come from it.
    grade = models.FloatField(null=True)
    document_id = models.UUIDField(null=True, db_index=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "case", "name", "grade", "document_id"})

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["case", "name"], name="a_case_names_a_document_once")]

    def __str__(self) -> str:
        return self.name


class Suggestion(models.Model):
    """A case that waits for a person's approval before it can enter a dataset."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="suggestions")
    provenance = models.CharField(max_length=10, choices=Case.Provenance)
    question = models.TextField()
    answers = ArrayField(models.TextField(), default=list, blank=True)
    # As a case has them.
    unwanted = ArrayField(models.TextField(), default=list, blank=True)
    is_answerable = models.BooleanField(default=True)
    category = models.CharField(max_length=100, blank=True)
    asker = models.CharField(max_length=150, blank=True)
    # [{"name", "grade", "document_id"}]: as CaseSource has them.
    sources = models.JSONField(default=list, blank=True)
    document_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    # The answer that it was made of, so that one answer is suggested once.
    answer = models.ForeignKey("chat.Answer", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "dataset", "provenance", "question", "answers", "is_answerable", "category", "asker", "sources",
                "unwanted", "document_ids", "answer", "state", "decided_by", "created_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["dataset", "answer"], condition=Q(answer__isnull=False), name="an_answer_is_suggested_once"
            )
        ]

    def __str__(self) -> str:
        return self.question[:80]
