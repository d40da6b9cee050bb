"""Documents under another name, in another folder or collection, and their tags.

Rights stand on the collection and the document, so a move changes who reads it at the next query.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from documents import namesakes, personal_data, queue, storage, tasks
from documents.access import collections_for, documents_for, readers_preview
from documents.models import Chunk, Collection, Document, IngestionRun, Level
from documents.removal import with_attachments
from documents.uploads import UploadRefused, plain_path
from ragapp.accounts.models import User
from ragapp.audit import log

TAG_MAX_CHARS, TAGS_MAX = 60, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a move took along, and who may read the collections it led from and to. `event_id`: its receipt."""

    documents: int
    passages: int
    readers_before: int
    readers_after: int
    event_id: int


@transaction.atomic
def move(documents: Iterable[Document], *, to: Collection, folder: str | None, by: User) -> Moved:
    """Move `documents` with their attachments to `to`, into `folder` there ("" is the top, None keeps theirs).

    All or none. What the other collection's policy about personal data asks for is done to them in the background.
    Between collections `by` must own each document, since its readers change; inside one, contribute.
    Raises UploadRefused, also when a path is taken.
    """
    chosen = list(Document.objects.select_for_update().filter(pk__in=[each.pk for each in documents]).order_by("path"))
    if not collections_for(by, Level.CONTRIBUTOR).filter(pk=to.pk).exists():
        raise UploadRefused(_("You cannot add documents to that collection."), _("Ask an owner to let you contribute."))
    _require_rights(chosen, to, by)
    origins = {each.collection_id: each.collection for each in chosen}
    paths = {each.pk: _in_folder(each.path, folder) for each in chosen}
    ids = _place(chosen, to, paths, by)
    if set(origins) - {to.pk}:
        # As it is set now, not when the page was drawn.
        personal_data.follow_policy(Collection.objects.get(pk=to.pk), ids)
    before = {person.pk for origin in origins.values() for person in readers_preview(origin)}
    after = readers_preview(to)
    counts = {"documents": len(ids), "passages": Chunk.objects.filter(document__in=ids).count()}
    event = log.record(
        "documents_moved",
        by=by,
        target=to,
        documents=ids,
        origins=sorted(origins),
        receipt=counts | {"readers_before": len(before), "readers_after": len(after)},
    )
    return Moved(**counts, readers_before=len(before), readers_after=len(after), event_id=event.pk)


@transaction.atomic
def rename(document: Document, *, path: str, title: str, by: User) -> bool:
    """Give `document` another path in its collection, and another title, which later versions keep, too.

    True when the title changed: passages carry it, so they are made anew in the background; until then the old ones
    answer. Raises UploadRefused when `by` may not, or the path will not do or is taken.
    """
    document = Document.objects.select_for_update().get(pk=document.pk)
    _require_rights([document], document.collection, by)
    title, path = storage.visible(title).strip(), plain_path(path)
    if not title:
        raise UploadRefused(_("A document needs a title."), _("Enter one."))
    if len(title) > storage.TITLE_MAX_CHARS:
        raise UploadRefused(
            _("The title is longer than %(n)d characters.") % {"n": storage.TITLE_MAX_CHARS}, _("Shorten it.")
        )
    is_retitled = title != document.title
    if (path, is_retitled) == (document.path, False):
        return False
    log.record("document_renamed", by=by, target=document, is_moved=path != document.path, is_retitled=is_retitled)
    if path != document.path:
        _place([document], document.collection, {document.pk: path}, by)
    if is_retitled:
        Document.objects.filter(pk=document.pk).update(title=title, has_own_title=True)
        _index_again(document)
    return is_retitled


@transaction.atomic
def tag(documents: Iterable[Document], *, add: Several[str] = (), remove: Several[str] = (), by: User) -> int:
    """Add and remove tags; how many documents changed. Raises UploadRefused when `by` may not, or for too many."""
    chosen = list(Document.objects.select_for_update().filter(pk__in=[each.pk for each in documents]))
    _require_rights(chosen, None, by)
    added, gone = [_plain_tag(each) for each in add], {_plain_tag(each) for each in remove}
    changed = 0
    for document in chosen:
        tags = sorted({each for each in (*document.tags, *added) if each and each not in gone})
        if tags == document.tags:
            continue
        if len(tags) > TAGS_MAX:
            raise UploadRefused(_("A document has %(n)d tags at most.") % {"n": TAGS_MAX}, _("Remove some first."))
        Document.objects.filter(pk=document.pk).update(tags=tags)
        log.record("tags_changed", by=by, target=document, tags=len(tags), before=len(document.tags))
        changed += 1
    return changed


def tags_from(text: str) -> list[str]:
    """The tags in what a person typed, separated by commas."""
    return [plain for part in text.split(",") if (plain := _plain_tag(part))]


def _plain_tag(text: str) -> str:
    return storage.visible(text.replace(",", " ")).lower()[:TAG_MAX_CHARS].strip()


def _require_rights(documents: list[Document], to: Collection | None, by: User) -> None:
    ids = {each.pk for each in documents}
    leaving = {each.pk for each in documents if to is not None and each.collection_id != to.pk}
    if documents_for(by, Level.CONTRIBUTOR).filter(pk__in=ids).count() < len(ids):
        raise UploadRefused(_("You cannot change all of these documents."), _("Ask an owner to let you contribute."))
    if documents_for(by, Level.OWNER).filter(pk__in=leaving).count() < len(leaving):
        raise UploadRefused(
            _("Moving to another collection changes who can read it, which is for its owners."),
            _("Ask an owner to move it."),
        )
    if any(each.parent_id is not None and each.parent_id not in ids for each in documents):
        raise UploadRefused(_("This file belongs to an e-mail."), _("Change the e-mail instead."))


def _place(documents: list[Document], to: Collection, paths: dict[UUID, str], by: User) -> list[UUID]:
    """Put documents and their attachments, whose paths begin with theirs, in their places; the ids of all.

    A path may be shared with documents that `by` may not read, and so is not told of.
    """
    rows = {row.pk: row for row in Document.objects.select_for_update().filter(pk__in=with_attachments(paths))}
    for document in documents:
        if document.parent_id is not None:
            continue
        before = f"{document.path}/"
        for row in rows.values():
            if row.pk != document.pk and row.path.startswith(before) and row.collection_id == document.collection_id:
                row.path = f"{paths[document.pk]}/{row.path[len(before) :]}"
        rows[document.pk].path = paths[document.pk]
    wanted = [row.path for row in rows.values()]
    others = Document.objects.filter(collection=to, path__in=wanted).exclude(pk__in=rows)
    known = documents_for(by, Level.READER).filter(pk__in=others.values("pk"))
    taken = known.values_list("path", flat=True).first() or next((p for p in wanted if wanted.count(p) > 1), None)
    if taken is not None:
        raise UploadRefused(
            _("%(name)s is there already.") % {"name": PurePosixPath(taken).name}, _("Rename one of the two first.")
        )
    if any(len(path) > storage.PATH_MAX_CHARS for path in wanted):
        raise UploadRefused(_("A path would be too long."), _("Choose a shorter folder."))
    # The old paths are freed first: two documents may trade places.
    for row in rows.values():
        Document.objects.filter(pk=row.pk).update(path=str(row.pk))
    for row in rows.values():
        namesake = namesakes.free(to, row.path)
        Document.objects.filter(pk=row.pk).update(path=row.path, collection=to, namesake=namesake)
    return list(rows)


def _in_folder(path: str, folder: str | None) -> str:
    if folder is None:
        return path
    return plain_path(f"{folder}/{PurePosixPath(path).name}")


def _index_again(document: Document) -> None:
    current = document.current_version_id
    ended = IngestionRun.objects.filter(version=current, state=IngestionRun.State.READY)
    if current is not None and ended.update(**queue.BACK_IN_THE_QUEUE, stage=IngestionRun.Stage.CHUNK):
        tasks.ingest.delay_on_commit(current)
