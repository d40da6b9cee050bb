"""What uploading files would change, told from their paths and the hashes of their bytes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from documents.access import collections_for, documents_for
from documents.models import Collection, DocumentVersion, IngestionRun, Level
from documents.uploads import UploadRefused, plain_path, refuse_unreadable
from ragapp.accounts.models import User


class Change(StrEnum):
    """What becomes of a document when a file is uploaded under its path."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    # The same bytes as before, which could not be read then: they are tried again.
    RETRIED = "retried"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file that might be uploaded."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What uploading it would do. `same_as`: another document, or an earlier file of the batch, with the same bytes.

    `version_id`: the newest version under this path, if there is one.
    """

    path: str
    change: Change
    same_as: str = ""
    reason: str = ""
    version_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    version_id: int | None
    sha256: str
    is_failed: bool


def compare(collection: Collection, offered: Sequence[Offered], *, by: User) -> list[Planned]:
    """One answer per file, in order, in a fixed number of queries. Raises UploadRefused when `by` may not add here."""
    if not collections_for(by, Level.CONTRIBUTOR).filter(pk=collection.pk).exists():
        raise UploadRefused(_("You cannot add documents to this collection."), _("Ask an owner to let you contribute."))
    paths = [_plain(one) for one in offered]
    # What `by` may not read is not told of: it counts as not there.
    wanted = {path for path, _ in paths if path}
    documents = documents_for(by, Level.READER).filter(collection=collection, path__in=wanted)
    newest = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by("-number")
    known = {
        path: _Known(version_id=version_id, sha256=sha256 or "", is_failed=state == IngestionRun.State.FAILED)
        for path, version_id, sha256, state in documents.annotate(
            newest_id=Subquery(newest.values("pk")[:1]),
            newest_sha256=Subquery(newest.values("sha256")[:1]),
            newest_state=Subquery(newest.values("run__state")[:1]),
        ).values_list("path", "newest_id", "newest_sha256", "newest_state")
    }
    changeable = set(
        documents_for(by, Level.CONTRIBUTOR).filter(collection=collection, path__in=known, parent__isnull=True)
        .values_list("path", flat=True)
    )  # fmt: skip
    twins = _twins(collection, {one.sha256 for one in offered}, by)
    planned = []
    for one, (path, reason) in zip(offered, paths, strict=True):
        if not reason and path in known and path not in changeable:
            reason = "You cannot change this document."
        planned.append(
            Planned(path=path or one.path, change=Change.REFUSED, reason=reason)
            if reason
            else _planned(path, one, known.get(path), twins)
        )
        if not reason:
            twins.setdefault(one.sha256, []).append(path)
    return planned


def _planned(path: str, one: Offered, known: _Known | None, twins: dict[str, list[str]]) -> Planned:
    if known is None:
        change = Change.ADDED
    elif known.sha256 != one.sha256:
        change = Change.CHANGED
    else:
        change = Change.RETRIED if known.is_failed else Change.UNCHANGED
    same_as = next((twin for twin in twins.get(one.sha256, []) if twin != path), "")
    return Planned(path=path, change=change, same_as=same_as, version_id=known.version_id if known else None)


def _plain(one: Offered) -> tuple[str, str]:
    """The path as it would be stored, and why the file would be refused, "" when it would not."""
    try:
        path = plain_path(one.path)
        refuse_unreadable(path, b"")
    except UploadRefused as refused:
        return "", f"{refused.message} {refused.hint}"
    if not one.size_bytes:
        return path, "The file is empty."
    if one.size_bytes > settings.MAX_UPLOAD_MB * 1024**2:
        return path, f"The file is larger than {settings.MAX_UPLOAD_MB} MB."
    return path, ""


def _twins(collection: Collection, digests: set[str], by: User) -> dict[str, list[str]]:
    """Per digest the paths of documents with those bytes that `by` may read: one of their versions, as in `accept`."""
    found: dict[str, list[str]] = {}
    rows = (
        DocumentVersion.objects.filter(document__collection=collection, sha256__in=digests)
        .filter(document__in=documents_for(by, Level.READER))
        .order_by("document__path")
        .values_list("sha256", "document__path")
    )
    for sha256, path in rows:
        found.setdefault(sha256, []).append(path)
    return found
