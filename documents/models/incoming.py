"""Large files and archives on their way in."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models.document import Collection
from documents.models.lease import Leased
from ragapp.lib import retention


class Incoming(Leased):
    """A file that arrives in parts, or an archive that is unpacked: the truth about it, with lease and attempts.

    Its parts lie encrypted in the vault until its work is done or it expires.
    """

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Arriving")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Unpacking")
        # A dry run has ended, and waits to be told to go on.
        PLANNED = "planned", _("Checked")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=500)
    size_bytes = models.BigIntegerField()
    received_bytes = models.BigIntegerField(default=0)
    # The size of each part, in order.
    part_bytes = models.JSONField(default=list)
    # What the sender says the whole hashes to, "" when it says nothing.
    sha256 = models.CharField(max_length=64, blank=True)
    is_archive = models.BooleanField(default=False)
    is_dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVING)
    # Files of the archive that were looked at, what became of them by kind, and the first that were refused.
    files = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    refusals = models.JSONField(default=list)
    failure = models.CharField(max_length=500, blank=True)
    hint = models.CharField(max_length=500, blank=True)
    # The document that a single file became.
    document_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "owner", "collection", "path", "size_bytes", "received_bytes", "part_bytes", "sha256",
                "is_archive", "is_dry_run", "state", "attempts", "lease_until", "heartbeat_at", "worker", "files",
                "counts", "refusals", "failure", "hint", "document_id", "created_at", "expires_at", "finished_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["state", "lease_until"], name="incoming_to_do")]

    def __str__(self) -> str:
        # Without its name: whoever looks after the queue need not be one of its readers.
        return f"Incoming {self.pk}: {self.state}"
