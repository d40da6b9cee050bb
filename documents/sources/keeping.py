"""What was found becomes documents: added, replaced, removed with the rights of the source's owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from documents import storage, uploads
from documents.access import documents_for
from documents.models import Collection, Document, Level, Source, SourcePage, SyncItem
from documents.sources.addresses import with_mark
from documents.uploads import UploadRefused
from ragapp.accounts.models import User

Outcome, Policy = SyncItem.Outcome, Collection.PersonalData

DELETED_HERE = "A person has deleted it here, so it stays away."
ELSEWHERE = "Another source of this collection has it already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One document as it was found. `state` is what decides whether it has changed; `url` is "" for a file."""

    address: str
    path: str
    body: bytes
    state: str
    url: str = ""
    title: str = ""
    etag: str = ""
    last_modified: str = ""
    links: tuple[str, ...] = ()
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of it."""

    outcome: SyncItem.Outcome
    reason: str = ""
    document: Document | None = None


def digest(*parts: bytes) -> str:
    """What makes two contents the same."""
    return sha256(b"\0".join(parts)).hexdigest()


def keep(source: Source, found: Content, *, by: User, now: datetime, is_dry: bool) -> Kept:
    """Add `found`, or put it in place of what was there; an unchanged one costs nothing."""
    known = source.pages.select_related("document").filter(address=found.address).first()
    kept = _compare(source, known, found)
    if kept is None:
        if is_dry:
            if known is None:
                return Kept(outcome=Outcome.ADDED)
            return Kept(outcome=Outcome.CHANGED, document=known.document)
        try:
            kept = _store(source, known, found, by=by)
        except UploadRefused as refused:
            return Kept(outcome=Outcome.FAILED, reason=f"{refused.message} {refused.hint}")
    if not is_dry and kept.document is not None:
        _remember(source, found, kept.document, now)
    return kept


def same(known: SourcePage, *, now: datetime, is_dry: bool, was_asked: bool) -> Kept:
    """The server, the file system or a sitemap says that it is as it was; `was_asked`: the first two."""
    if known.document is None:
        return Kept(outcome=Outcome.SKIPPED, reason=DELETED_HERE)
    if not is_dry:
        asked = {"asked_at": now} if was_asked else {}
        SourcePage.objects.filter(pk=known.pk).update(checked_at=now, missed_times=0, missed_by=None, **asked)
    return Kept(outcome=Outcome.UNCHANGED, document=known.document)


def remove(page: SourcePage, *, by: User) -> str:
    """Remove the document of `page`, and forget the page; a receipt in words. Raises UploadRefused."""
    receipt = ""
    if page.document is not None:
        gone = uploads.remove(page.document, by=by)
        receipt = f"Removed with it: versions {gone.versions}, passages {gone.passages}, files {gone.files}."
    page.delete()
    return receipt


def _compare(source: Source, known: SourcePage | None, found: Content) -> Kept | None:
    """What there is to say without storing anything."""
    if known is None:
        elsewhere = SourcePage.objects.filter(
            source__collection=source.collection_id, address=found.address, document__isnull=False
        ).exclude(source=source)
        return Kept(outcome=Outcome.SKIPPED, reason=ELSEWHERE) if found.url and elsewhere.exists() else None
    if known.document is None:
        return Kept(outcome=Outcome.SKIPPED, reason=DELETED_HERE)
    return Kept(outcome=Outcome.UNCHANGED, document=known.document) if known.sha256 == found.state else None


def _store(source: Source, known: SourcePage | None, found: Content, *, by: User) -> Kept:
    if known is not None and known.document is not None:
        name = found.path.rpartition("/")[2]
        accepted = uploads.replace(known.document, name=name, content=found.body, by=by)
        outcome = Outcome.UNCHANGED if accepted.is_unchanged else Outcome.CHANGED
        return Kept(outcome=outcome, document=accepted.document)
    path = uploads.plain_path(found.path)
    there = documents_for(by, Level.READER).filter(collection=source.collection_id, path=path).first()
    if there is not None and not _was_ours(there, found):
        # Something else has this path; it is left as it is.
        path = uploads.plain_path(with_mark(path, found.address))
    accepted = uploads.accept(source.collection, name=path, content=found.body, by=by)
    # A title is text of the page: where that is looked through first, it comes with it.
    is_shown = found.title and source.collection.personal_data in (Policy.ALLOW, Policy.TAG)
    facts = {"source_url": found.url, **({"title": found.title} if is_shown else {})}
    Document.objects.filter(pk=accepted.document.pk).update(**facts)
    return Kept(outcome=Outcome.ADDED, document=accepted.document)


def _was_ours(document: Document, found: Content) -> bool:
    """Whether `document` came from the same place, by a source that has been deleted since."""
    if document.source_pages.exists() or document.source_url != found.url:
        return False
    newest = document.versions.first()
    return bool(found.url) or (newest is not None and newest.sha256 == storage.digest(found.body))


def _remember(source: Source, found: Content, document: Document, now: datetime) -> None:
    SourcePage.objects.update_or_create(
        source=source,
        address=found.address,
        defaults={
            "document": document,
            "etag": found.etag[:300],
            "last_modified": found.last_modified[:100],
            "sha256": found.state,
            "links": list(found.links),
            "depth": found.depth,
            "checked_at": now,
            "asked_at": now,
            "missed_times": 0,
            "missed_by": None,
        },
    )
