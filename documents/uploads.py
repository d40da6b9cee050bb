"""Putting documents in, replacing and removing them, and the collections they are in."""

from __future__ import annotations

import mimetypes
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from dataclasses import replace as replace_fields
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from documents import archives, namesakes, queue, storage, tasks
from documents.access import create_list, documents_for, has_level
from documents.ingestion.parsers import sniffing
from documents.models import (
    AccessList,
    Collection,
    Document,
    DocumentVersion,
    Incoming,
    IngestionRun,
    Level,
)
from documents.removal import Removed, remove_documents
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.lib.conflicts import again_after_conflicts

# Windows, Linux, macOS and Java.
PROGRAM_BEGINNINGS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
# What archives end with beside those that can be unpacked here.
NEVER_UNPACKED = tuple(".gz .bz2 .xz .lzma .zst .lz .7z .rar .cab .iso .dmg".split())


Content = File[bytes] | bytes


class UploadRefused(Exception):
    """`message` says what was refused and why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What an upload became. `same_as`: the path of another document here with the same bytes, or "".

    `is_retried`: they are the bytes of before, which could not be read then, and are tried again.
    """

    document: Document
    version: DocumentVersion
    is_unchanged: bool
    is_retried: bool = False
    same_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a removal took away."""

    documents: int
    versions: int
    extractions: int
    passages: int
    vectors: int
    lexical_rows: int
    files: int
    pictures: int = 0
    answers: int = 0  # that lost what they took from it
    event_id: int = field(default=0, compare=False)  # of the audit event, under which the receipt is found again


def create_collection(name: str, description: str = "", *, by: User | None) -> Collection:
    """A new collection that `by` owns; None is the site itself. Raises UploadRefused for a name that will not do."""
    name = storage.visible(name)[:120].strip()
    if not name:
        raise UploadRefused(_("A collection needs a name."), _("Enter one."))
    try:
        with transaction.atomic():
            created = Collection.objects.create(
                name=name, description=description.strip()[:500], access_list=create_list(by), created_by=by
            )
            log.record("collection_created", by=by, target=created)
    except IntegrityError:
        raise UploadRefused(
            _("There is a collection called %(name)s already.") % {"name": name}, _("Choose another name.")
        ) from None
    return created


def accept(collection: Collection, *, name: str, content: Content, by: User) -> Accepted:
    """Store an upload under `name`, a path relative to the collection, and queue its ingestion.

    A path that `by` finds there gets a new version. Bytes equal to its newest version change nothing and start no
    work, but when they could not be read before, they are tried again. Raises UploadRefused when `by` may not add
    here, or the name or the size will not do.
    """
    if not has_level(by, collection, Level.CONTRIBUTOR):
        raise UploadRefused(_("You cannot add documents to this collection."), _("Ask an owner to let you contribute."))
    path = plain_path(name)
    known = documents_for(by, Level.READER).filter(collection=collection, path=path)
    # Of several, the one that the fewest people read.
    existing = known.order_by(F("access_list").asc(nulls_last=True), "namesake").first()
    if existing is None:
        return _add_beside(collection, path, _bytes(content), by=by)
    require_contributor(existing, by)
    return _add(collection, path, _bytes(content), by=by, namesake=existing.namesake)


@transaction.atomic
def _add_beside(collection: Collection, path: str, content: bytes, *, by: User) -> Accepted:
    """A new document, also where another has the path that `by` may not read: no refusal, no other name tells of it.

    Only who may read that one reads the new one, too: a folder that is sent every night publishes nothing again.
    """
    hidden = Document.objects.filter(collection=collection, path=path).order_by("namesake").first()
    accepted = _add(collection, path, content, by=by, namesake=namesakes.free(collection, path))
    if hidden is not None:
        namesakes.narrow_like(accepted.document, hidden, uploader=by)
    return accepted


def replace(document: Document, *, content: Content, by: User, name: str = "") -> Accepted:
    """Make `content` the newest version of `document`, which keeps its path. Raises UploadRefused as `accept`.

    `name` is what the new file is called, when its kind differs from the old one's.
    """
    require_contributor(document, by)
    name = storage.plain_name(name)
    return _add(document.collection, document.path, _bytes(content), by=by, filename=name, namesake=document.namesake)


def remove(document: Document, *, by: User) -> Receipt:
    """Remove `document`, its attachments and all that was made from them. Raises UploadRefused when `by` may not."""
    if not documents_for(by, Level.OWNER).filter(pk=document.pk).exists():
        raise UploadRefused(_("Only an owner can remove this document."), _("Ask an owner to remove it."))
    return again_after_conflicts(lambda: _remove(document, by=by))


def _remove(document: Document, *, by: User) -> Receipt:
    with transaction.atomic():
        removed = remove_documents([document.pk])
        receipt = _receipt(removed)
        event = log.record("document_deleted", by=by, target=document, receipt=_counts(receipt))
        transaction.on_commit(lambda: storage.delete_files(removed.files))
    return replace_fields(receipt, event_id=event.pk)


def remove_collection(collection: Collection, *, by: User | None) -> Receipt:
    """Remove `collection` with every document in it, also those that `by` may not read; None is the site itself.

    Raises UploadRefused.
    """
    if by is not None and not has_level(by, collection, Level.OWNER):
        raise UploadRefused(_("Only an owner can remove this collection."), _("Ask an owner to remove it."))
    return again_after_conflicts(lambda: _remove_collection(collection, by=by))


def _remove_collection(collection: Collection, *, by: User | None) -> Receipt:
    with transaction.atomic():
        # No document can be added from here on: adding one needs to share this lock for its foreign key.
        Collection.objects.select_for_update().get(pk=collection.pk)
        arriving = [key for found in Incoming.objects.filter(collection=collection) for key in storage.part_keys(found)]
        removed = remove_documents(_ids(collection))
        receipt = _receipt(removed)
        event = log.record("collection_deleted", by=by, target=collection, receipt=_counts(receipt))
        Collection.objects.filter(pk=collection.pk).delete()
        AccessList.objects.filter(pk=collection.access_list_id).delete()
        transaction.on_commit(lambda: storage.delete_files((*removed.files, *arriving)))
    return replace_fields(receipt, event_id=event.pk)


def plain_path(name: str) -> str:
    """A relative path of plain names joined by "/". Raises UploadRefused when nothing is left, or it is too long."""
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    if ".." in parts:
        raise UploadRefused(_("The name leads out of the collection."), _("Rename the file and upload it again."))
    path = "/".join(plain for part in parts if (plain := storage.plain_name(part)))
    if not path:
        raise UploadRefused(_("The file has no name."), _("Rename it and upload it again."))
    if len(path) > storage.PATH_MAX_CHARS:
        raise UploadRefused(
            _("The path is longer than %(n)d characters.") % {"n": storage.PATH_MAX_CHARS},
            _("Shorten the names of its folders."),
        )
    return path


def refuse_unreadable(name: str, content: bytes) -> None:
    """Raises UploadRefused for what can never become text, by how it begins or what it is called."""
    kind = (mimetypes.guess_type(name)[0] or "").partition("/")[0]
    if content.startswith(PROGRAM_BEGINNINGS) and b"\0" in content[:1024]:
        raise UploadRefused(
            _("It is a program; only documents are read."), _("Upload a PDF, an office file, a web page or plain text.")
        )
    if archives.is_archive(name) or name.lower().endswith(NEVER_UNPACKED) or sniffing.is_archive(content):
        raise UploadRefused(_("It is an archive."), _("Unpack it, and upload the files or the folder."))
    if kind in ("audio", "video"):
        raise UploadRefused(_("It is sound or video, which is not read."), _("Upload a transcript instead."))


def _add(collection: Collection, path: str, content: bytes, *, by: User, filename: str = "", namesake: int) -> Accepted:
    if not content:
        raise UploadRefused(_("The file is empty."), _("Check that it was saved, and upload it again."))
    refuse_unreadable(filename or path, content)
    same = (
        DocumentVersion.objects.filter(document__collection=collection, sha256=storage.digest(content))
        .filter(document__in=documents_for(by, Level.READER))
        .exclude(document__path=path)
        .values_list("document__path", flat=True)
        .first()
    )
    media_type = mimetypes.guess_type(filename or path)[0] or "application/octet-stream"
    with transaction.atomic():
        version, is_new = storage.add_version(
            collection=collection,
            path=path,
            content=content,
            media_type=media_type,
            by=by,
            filename=filename,
            namesake=namesake,
        )
        if is_new:
            event = "document_uploaded" if version.number == 1 else "document_replaced"
            log.record(event, by=by, target=version.document, version=version.number, size_bytes=version.size_bytes)
            tasks.ingest.delay_on_commit(version.pk)
        is_retried = not is_new and _retry(version)
    return Accepted(
        document=version.document,
        version=version,
        is_unchanged=not is_new,
        is_retried=is_retried,
        same_as=same or "",
    )


def _retry(version: DocumentVersion) -> bool:
    """True when it had failed and waits again: this installation may read today what it could not then."""
    failed = IngestionRun.objects.filter(version=version, state=IngestionRun.State.FAILED)
    if not failed.update(**queue.BACK_IN_THE_QUEUE):
        return False
    tasks.ingest.delay_on_commit(version.pk)
    return True


def require_contributor(document: Document, by: User) -> None:
    """Raises UploadRefused when `by` may not change `document`, or it goes with an e-mail."""
    if not documents_for(by, Level.CONTRIBUTOR).filter(pk=document.pk).exists():
        raise UploadRefused(_("You cannot change this document."), _("Ask an owner to let you contribute."))
    if document.parent_id is not None:
        raise UploadRefused(_("This file belongs to an e-mail."), _("Replace the e-mail instead."))


def _bytes(content: Content) -> bytes:
    most = settings.MAX_UPLOAD_MB * 1024 * 1024
    data = content if isinstance(content, bytes) else content.read(most + 1)
    if len(data) > most:
        raise UploadRefused(
            _("The file is larger than %(n)d MB.") % {"n": settings.MAX_UPLOAD_MB},
            _("Split it, or ask an administrator."),
        )
    return data


def _ids(collection: Collection) -> Iterable[UUID]:
    return Document.objects.filter(collection=collection).values_list("pk", flat=True)


def _receipt(removed: Removed) -> Receipt:
    return Receipt(**{**asdict(removed), "files": len(removed.files)})


def _counts(receipt: Receipt) -> dict[str, int]:
    return {name: getattr(receipt, name) for name in Receipt.__dataclass_fields__ if name != "event_id"}
