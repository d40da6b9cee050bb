"""A folder or an archive into a collection, file by file: bounded memory, safe to stop and to start again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from django.conf import settings

from documents import archives, storage, uploads
from documents.access import documents_for
from documents.comparing import Change, Offered, Planned, compare
from documents.models import Collection, Document, Level
from documents.uploads import UploadRefused
from ragapp.accounts.models import User

# Files that are compared in one go.
BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file, or would. `version_id` is what to follow, None when nothing was stored."""

    path: str
    change: Change
    same_as: str = ""
    reason: str = ""
    version_id: int | None = None


def bring_in(source: Path, collection: Collection, *, by: User, is_dry_run: bool = False) -> Iterator[Imported]:
    """One for each file of `source`, as it is done. Of a file that is unchanged no more than the hash is read.

    Raises archives.UnreadableArchive.
    """
    if source.is_dir():
        found = iter(archives.walk(source))
        while batch := list(islice(found, BATCH)):
            yield from _batch(batch, collection, by, is_dry_run=is_dry_run)
        return
    for member in archives.files_of(source, most_bytes=settings.MAX_UPLOAD_MB * 1024**2):
        if member.refused:
            yield Imported(path=member.path, change=Change.REFUSED, reason=member.refused)
        else:
            yield _one(member.path, member.content, collection, by, is_dry_run=is_dry_run)


def missing_from(paths: set[str], collection: Collection, *, by: User) -> list[Document]:
    """The documents that `by` owns in the collection and that are not among `paths`; attachments go with their mail."""
    owned = documents_for(by, Level.OWNER).filter(collection=collection, parent__isnull=True).order_by("path")
    return [document for document in owned.iterator() if document.path not in paths]


def _batch(batch: list[tuple[Path, str]], collection: Collection, by: User, *, is_dry_run: bool) -> Iterator[Imported]:
    offered = [_offer(path, relative) for path, relative in batch]
    try:
        answers = compare(collection, offered, by=by)
    except UploadRefused as refused:
        reason = f"{refused.message} {refused.hint}"
        yield from (Imported(path=relative, change=Change.REFUSED, reason=reason) for _, relative in batch)
        return
    for (path, relative), planned in zip(batch, answers, strict=True):
        if is_dry_run or planned.change in (Change.UNCHANGED, Change.REFUSED):
            yield _told(relative, planned)
        else:
            yield _one(relative, path.read_bytes(), collection, by, is_dry_run=False)


def _offer(path: Path, relative: str) -> Offered:
    size = path.stat().st_size
    whole = sha256()
    if size <= settings.MAX_UPLOAD_MB * 1024**2:
        with path.open("rb") as file:
            while piece := file.read(1024**2):
                whole.update(piece)
    return Offered(path=relative, sha256=whole.hexdigest(), size_bytes=size)


def _one(name: str, content: bytes, collection: Collection, by: User, *, is_dry_run: bool) -> Imported:
    try:
        if is_dry_run:
            uploads.refuse_unreadable(name, content)
            offered = Offered(path=name, sha256=storage.digest(content), size_bytes=len(content))
            return _told(name, compare(collection, [offered], by=by)[0])
        accepted = uploads.accept(collection, name=name, content=content, by=by)
    except UploadRefused as refused:
        return Imported(path=name, change=Change.REFUSED, reason=f"{refused.message} {refused.hint}")
    if accepted.is_retried:
        change = Change.RETRIED
    elif accepted.is_unchanged:
        change = Change.UNCHANGED
    else:
        change = Change.ADDED if accepted.version.number == 1 else Change.CHANGED
    return Imported(
        path=accepted.document.path, change=change, same_as=accepted.same_as, version_id=accepted.version.pk
    )


def _told(name: str, planned: Planned) -> Imported:
    path = name if planned.change == Change.REFUSED else planned.path
    is_stored = planned.change == Change.UNCHANGED
    return Imported(
        path=path,
        change=planned.change,
        same_as=planned.same_as,
        reason=planned.reason,
        version_id=planned.version_id if is_stored else None,
    )
