"""Files that arrive in parts: begun, continued where they stopped, forgotten when nobody goes on.

Each part is encrypted in the vault before it counts. Nothing is put together again: what reads an archive, reads the
parts.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import archives, storage, tasks
from documents.access import collections_for
from documents.models import Collection, Incoming, Level
from documents.uploads import UploadRefused, plain_path, refuse_unreadable
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.privacy import vault

State = Incoming.State
OPEN = (State.RECEIVING, State.QUEUED, State.RUNNING, State.PLANNED)
AT_ONCE_MAX = 200
KEPT_OPEN, KEPT_DONE = timedelta(hours=24), timedelta(days=30)
# A part is held in memory when it comes and when it is read.
PART_MAX_BYTES = 64 * 1024**2


class Conflict(Exception):
    """The part does not follow what has arrived. `offset_bytes` says where to go on."""

    def __init__(self, offset_bytes: int) -> None:
        self.offset_bytes = offset_bytes
        super().__init__(f"{offset_bytes} bytes have arrived.")


class Gone(Exception):
    """It has expired, was given up, or takes no more parts."""


@transaction.atomic
def begin(
    collection: Collection, *, name: str, size_bytes: int, by: User, sha256: str = "", is_dry_run: bool = False
) -> Incoming:
    """Say that a file of `size_bytes` is coming. Raises UploadRefused as `uploads.accept`, and beyond the quota."""
    if not collections_for(by, Level.CONTRIBUTOR).filter(pk=collection.pk).exists():
        raise UploadRefused(_("You cannot add documents to this collection."), _("Ask an owner to let you contribute."))
    path = plain_path(name)
    is_archive = archives.is_archive(path)
    if not is_archive:
        refuse_unreadable(path, b"")
    most_mb = settings.MAX_ARCHIVE_MB if is_archive else settings.MAX_UPLOAD_MB
    if not size_bytes:
        raise UploadRefused(_("The file is empty."), _("Check that it was saved, and upload it again."))
    if size_bytes > most_mb * 1024**2:
        raise UploadRefused(
            _("The file is larger than %(n)d MB.") % {"n": most_mb}, _("Split it, or ask an administrator.")
        )
    User.objects.select_for_update().get(pk=by.pk)
    held = Incoming.objects.filter(owner=by, state__in=OPEN).aggregate(n=Count("pk"), size_bytes=Sum("size_bytes"))
    if held["n"] >= AT_ONCE_MAX or (held["size_bytes"] or 0) + size_bytes > settings.INCOMING_QUOTA_MB * 1024**2:
        raise UploadRefused(
            _("You have as much on its way as one person may have."), _("Finish or give up other uploads first.")
        )
    return Incoming.objects.create(
        owner=by,
        collection=collection,
        path=path,
        size_bytes=size_bytes,
        sha256=sha256,
        is_archive=is_archive,
        is_dry_run=is_dry_run and is_archive,
        expires_at=timezone.now() + KEPT_OPEN,
    )


@transaction.atomic
def append(pk: UUID, *, offset_bytes: int, data: bytes, by: User) -> Incoming:
    """Add a part; with the last one the work is queued. Raises Gone, Conflict, UploadRefused; then nothing is kept."""
    found = Incoming.objects.select_for_update().filter(pk=pk, owner=by).first()
    if found is None or found.state != State.RECEIVING or found.expires_at < timezone.now():
        raise Gone
    if offset_bytes != found.received_bytes:
        raise Conflict(found.received_bytes)
    if len(data) > found.size_bytes - offset_bytes:
        raise UploadRefused(_("More arrived than was announced."), _("Upload the file again."))
    if not data:
        return found
    vault.save(storage.part_key(found, len(found.part_bytes)), data)
    found.part_bytes = [*found.part_bytes, len(data)]
    found.received_bytes += len(data)
    found.expires_at = timezone.now() + KEPT_OPEN
    if found.received_bytes == found.size_bytes:
        found.state = State.QUEUED
        log.record("upload_arrived", by=by, target=found, size_bytes=found.size_bytes, is_archive=found.is_archive)
        tasks.take_in.delay_on_commit(str(found.pk))
    found.save()
    return found


def take(collection: Collection, *, name: str, content: bytes, by: User, is_dry_run: bool = False) -> Incoming:
    """A whole archive at once. Raises UploadRefused."""
    with transaction.atomic():
        begun = begin(collection, name=name, size_bytes=len(content), by=by, is_dry_run=is_dry_run)
        return append(begun.pk, offset_bytes=0, data=content, by=by)


def go_on(pk: UUID, *, by: User) -> None:
    """After a dry run: do what it said. Raises Gone."""
    planned = Incoming.objects.filter(pk=pk, owner=by, state=State.PLANNED)
    fresh = {"state": State.QUEUED, "is_dry_run": False, "files": 0, "counts": {}, "refusals": [], "attempts": 0}
    if not planned.update(**fresh, lease_until=None, expires_at=timezone.now() + KEPT_OPEN):
        raise Gone
    tasks.take_in.delay_on_commit(str(pk))


def give_up(pk: UUID, *, by: User) -> None:
    """Forget what has arrived, or stop unpacking: files that were unpacked stay. Raises Gone."""
    with transaction.atomic():
        found = Incoming.objects.select_for_update().filter(pk=pk, owner=by).first()
        if found is None:
            raise Gone
        Incoming.objects.filter(pk=pk).delete()
        transaction.on_commit(lambda: drop_parts(found))


def expire(*, now: datetime) -> int:
    """Forget what nobody went on with, and old reports; how many."""
    old = Incoming.objects.filter(
        Q(state__in=(State.RECEIVING, State.PLANNED), expires_at__lt=now) | Q(finished_at__lt=now - KEPT_DONE)
    )
    gone = list(old[:1000])
    for found in gone:
        Incoming.objects.filter(pk=found.pk).delete()
        drop_parts(found)
    return len(gone)


def drop_parts(found: Incoming) -> None:
    """Remove its bytes from the vault; those that are gone already are no error."""
    storage.delete_files(storage.part_keys(found))


def reader(found: Incoming, *, on_read: Callable[[], None]) -> io.BufferedReader:
    """Its bytes as one file that can be searched, a part in memory at a time; `on_read` is called with each part."""
    return io.BufferedReader(_Parts(found, on_read))


class _Parts(io.RawIOBase):
    def __init__(self, found: Incoming, on_read: Callable[[], None]) -> None:
        self.found, self.on_read = found, on_read
        self.at, self.held, self.part = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.found.size_bytes}[whence]
        self.at = max(0, base + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        start = 0
        for number, size in enumerate(self.found.part_bytes):
            if start <= self.at < start + size:
                if number != self.held:
                    self.held, self.part = number, vault.load(storage.part_key(self.found, number))
                    self.on_read()
                data = self.part[self.at - start : self.at - start + len(buffer)]
                buffer[: len(data)] = data
                self.at += len(data)
                return len(data)
            start += size
        return 0
