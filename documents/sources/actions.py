"""What owners of a collection do with its sources: set them up, change them, check, pause, answer, take them away."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import uploads
from documents.access import collections_for, documents_for
from documents.models import Collection, Level, Source, SyncRun
from documents.sources import runs, secrets, settling, tasks
from documents.sources.addresses import lines, normal, origin_of
from ragapp.accounts.models import Role, User
from ragapp.audit import log
from ragapp.privacy import vault

PREVIEW_PAGES = 50


class SourceRefused(Exception):
    """`message` says what was refused, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a source is to be. `secret` None leaves the one that is there, "" takes it away."""

    kind: str
    addresses: str
    prefix: str = ""
    depth: int = 5
    pages_max: int = 500
    include: str = ""
    exclude: str = ""
    schedule: str = Source.Schedule.DAILY
    secret_header: str = ""
    secret: str | None = None


def may_read_folders(user: User) -> bool:
    """Whether `user` may make folders of the server sources: that takes the work of a corpus admin."""
    return bool(settings.SYNC_FOLDERS) and user.has_role(Role.CORPUS_ADMIN, Role.ADMIN)


def save(collection: Collection, wanted: Wanted, *, by: User, source: Source | None = None) -> Source:
    """A new source, or a changed one; `by` becomes the person whose rights it works with. Raises SourceRefused."""
    if not collections_for(by, Level.OWNER).filter(pk=collection.pk).exists():
        raise SourceRefused(_("Only an owner can add a source."), _("Ask an owner of this collection."))
    if wanted.kind == Source.Kind.FOLDER and not may_read_folders(by):
        raise SourceRefused(_("Folders of the server are for corpus admins."), _("Ask one of them to add it."))
    is_new = source is None
    source = source or Source(collection=collection, is_enabled=False)
    is_web = wanted.kind != Source.Kind.FOLDER
    before = source.addresses.partition("\n")[0] if is_web else ""
    source.kind, source.owner = wanted.kind, by
    listed = lines(wanted.addresses)
    source.addresses = "\n".join([normal(line) for line in listed] if is_web else listed)
    source.prefix = normal(wanted.prefix) if wanted.prefix else ""
    source.depth, source.pages_max = wanted.depth, min(wanted.pages_max, settings.SOURCE_PAGES_MAX)
    source.include, source.exclude = "\n".join(lines(wanted.include)), "\n".join(lines(wanted.exclude))
    source.schedule = wanted.schedule
    source.next_check_at = runs.next_check(source, source.last_checked_at or timezone.now())
    old, secret = source.secret_key, wanted.secret
    if before and origin_of(before) != origin_of(source.addresses.partition("\n")[0]):
        # Another server must not get what was meant for the first one, whoever changed the address.
        secret = secret or ""
    with transaction.atomic():
        if secret is not None:
            source.secret_header = wanted.secret_header if secret else ""
            source.secret_key = secrets.keep(secret)
        elif old:
            source.secret_header = wanted.secret_header
        source.save()
        # What is saved anew is asked for anew, whatever a sitemap says.
        source.pages.update(asked_at=None)
        log.record("source_added" if is_new else "source_changed", by=by, target=source, kind=source.kind)
        if old and old != source.secret_key:
            transaction.on_commit(lambda: vault.delete(old))
    return source


def check(source: Source, *, by: User, is_dry: bool = False) -> SyncRun | None:
    """Look now; None when a check is under way. The first dry run of a source looks at a few pages only."""
    is_first = is_dry and source.last_checked_at is None
    with transaction.atomic():
        run = runs.start(
            source, by=by, is_dry=is_dry, pages_max=min(PREVIEW_PAGES, source.pages_max) if is_first else 0
        )
        if run is not None:
            log.record("source_checked", by=by, target=source, run=run.pk, is_dry=is_dry)
            tasks.check.delay_on_commit(run.pk)
    return run


def turn(source: Source, *, on: bool, by: User) -> None:
    """Start or stop the schedule. What is under way goes on."""
    with transaction.atomic():
        source.is_enabled = on
        source.next_check_at = runs.next_check(source, timezone.now()) if on else None
        source.save(update_fields=["is_enabled", "next_check_at"])
        log.record("source_resumed" if on else "source_paused", by=by, target=source)


def cancel(run: SyncRun, *, by: User) -> bool:
    """End a check that waits, works or asks; what it has done so far stays. False when it was over."""
    with transaction.atomic():
        done = runs.cancel(run)
        if done:
            log.record("source_check_cancelled", by=by, target=run.source, run=run.pk)
    return done


def decide(run: SyncRun, *, removes: bool, by: User) -> bool:
    """Answer a check that asks whether to remove many documents. False when it no longer asks."""
    done = settling.decide(run, removes=removes, by=by)
    if done and removes:
        tasks.check.delay_on_commit(run.pk)
    return done


def delete(source: Source, *, with_documents: bool, by: User) -> int:
    """Take the source away, and if wanted its documents that `by` owns; how many of those went."""
    removed = 0
    if with_documents:
        theirs = documents_for(by, Level.OWNER).filter(source_pages__source=source).distinct()
        for document in list(theirs):
            removed += uploads.remove(document, by=by).documents
    with transaction.atomic():
        log.record("source_removed", by=by, target=source, documents=removed)
        source.delete()
    return removed
