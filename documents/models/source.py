"""Sources outside ragapp: web pages and folders that are checked again and again, what they hold, and each check."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from documents.models.document import Collection, Document
from documents.models.lease import Leased
from ragapp.lib import retention

ADDRESS_MAX_CHARS = 2000


class Source(models.Model):
    """Where documents of a collection come from, and how often that is looked at."""

    class Kind(models.TextChoices):
        PAGES = "pages", _("Web pages")
        SITEMAP = "sitemap", _("Sitemap")
        CRAWL = "crawl", _("Part of a web site")
        FOLDER = "folder", _("Folder on the server")

    class Schedule(models.TextChoices):
        HOURLY = "hourly", _("Every hour")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")
        OFF = "off", _("Only when asked")

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PAGES)
    # One a line. A folder source has one.
    addresses = models.TextField()
    prefix = models.CharField(max_length=ADDRESS_MAX_CHARS, blank=True)
    depth = models.PositiveSmallIntegerField(default=5)
    pages_max = models.PositiveIntegerField(default=500)
    # Patterns of paths, one a line.
    include = models.TextField(blank=True)
    exclude = models.TextField(blank=True)
    schedule = models.CharField(max_length=10, choices=Schedule, default=Schedule.DAILY)
    secret_header = models.CharField(max_length=60, blank=True)
    # The value of that header lies in the vault under this key.
    secret_key = models.CharField(max_length=120, blank=True)
    is_enabled = models.BooleanField(default=True)
    # Documents are added, replaced and removed with this person's rights, as they are at that moment.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_checked_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "collection", "kind", "addresses", "prefix", "depth", "pages_max", "include", "exclude",
                "schedule", "secret_header", "secret_key", "is_enabled", "owner", "created_at", "last_checked_at",
                "next_check_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.addresses.partition("\n")[0].strip()


class SourcePage(models.Model):
    """What a source is known to hold: an address, or a file's path in the folder, and the document it became.

    `document` is empty once a person has deleted it: it then stays away.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pages")
    address = models.CharField(max_length=ADDRESS_MAX_CHARS)
    document = models.ForeignKey(
        Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="source_pages"
    )
    # What the server, or the file system, says of the state it was in; and what its content was.
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64)
    links = models.JSONField(default=list)
    depth = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField()
    # When the site was last asked for it: a check that trusts the date in a sitemap does not ask.
    asked_at = models.DateTimeField(null=True, blank=True)
    # Checks in a row that did not find it, and the last of them.
    missed_times = models.PositiveSmallIntegerField(default=0)
    missed_by = models.BigIntegerField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "source", "address", "document", "etag", "last_modified", "sha256", "links", "depth",
                "checked_at", "asked_at", "missed_times", "missed_by",
            }
        )  # fmt: skip

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["source", "address"], name="an_address_is_known_once")]

    def __str__(self) -> str:
        return f"Page {self.pk} of source {self.source_id}"


class SyncRun(Leased):
    """One check of a source: the truth about that work, with lease and attempts."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Checking")
        ASKS = "asks", _("Asks you")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    # Says what would change, and changes nothing.
    is_dry = models.BooleanField(default=False)
    # A person has agreed to remove many documents at once.
    may_remove_many = models.BooleanField(default=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    pages_max = models.PositiveIntegerField()
    # The site asked to be left alone until then.
    rests_until = models.DateTimeField(null=True, blank=True)
    robots = models.JSONField(default=dict)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    # Outcome → how many addresses, counted at the end.
    counts = models.JSONField(default=dict)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "source", "state", "is_dry", "may_remove_many", "started_by", "pages_max", "attempts",
                "lease_until", "heartbeat_at", "worker", "rests_until", "robots", "queued_at", "started_at",
                "finished_at", "failure", "hint", "counts",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["source"], condition=Q(state__in=("queued", "running", "asks")), name="one_check_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Check {self.pk} of source {self.source_id}: {self.state}"


class SyncItem(models.Model):
    """One address that a check looks at: to do while it has no outcome, then what came of it."""

    class Outcome(models.TextChoices):
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        REMOVED = "removed", _("Removed")
        MISSING = "missing", _("Missing")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Left out")
        UNCHANGED = "unchanged", _("Unchanged")

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="items")
    address = models.CharField(max_length=ADDRESS_MAX_CHARS)
    depth = models.PositiveSmallIntegerField(default=0)
    is_sitemap = models.BooleanField(default=False)
    # When it changed last, at the latest, by what a sitemap says.
    changed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Retention(retention.Policy):
        keep = frozenset({"id", "run", "address", "depth", "is_sitemap", "changed_at", "outcome", "reason", "document"})

    class Meta:
        ordering = ["pk"]
        constraints: ClassVar = [UniqueConstraint(fields=["run", "address"], name="an_address_is_looked_at_once")]
        indexes: ClassVar = [models.Index(fields=["run", "outcome"], name="items_by_outcome")]

    def __str__(self) -> str:
        return f"Address {self.pk} of check {self.run_id}"
