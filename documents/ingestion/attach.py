"""The files inside e-mails, PDFs and office files become documents of their own, below it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import PurePosixPath

from django.db import transaction

from documents import namesakes, storage
from documents.access import ATTACHMENT_DEPTH
from documents.ingestion.types import Attachment
from documents.models import Document, DocumentVersion
from documents.removal import remove_documents

TOO_DEEP = "Attachments nested this deeply are not read."


def attach(
    version: DocumentVersion, attachments: Sequence[Attachment], *, hold: Callable[[], None]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Add `attachments` below the document of `version` and remove those of its earlier versions that are gone.

    `hold` is called inside the transaction and raises when the work is not ours any more. Returns the ids of the
    versions that wait to be ingested, and warnings.
    """
    document = version.document
    if not attachments and not document.attachments.exists():
        return (), ()
    if _depth(document) >= ATTACHMENT_DEPTH:
        return (), (TOO_DEEP,)
    # What was uploaded beside the e-mail for few people is not told of by another name here.
    others = Document.objects.filter(collection=document.collection, path__startswith=f"{document.path}/")
    taken = set(others.filter(parent=None, access_list=None).values_list("path", flat=True))
    known = dict(document.attachments.values_list("path", "namesake"))
    by_path: dict[str, Attachment] = {}
    for attachment in attachments:
        name = storage.plain_name(attachment.filename) or "attachment"
        by_path[_free(f"{document.path}/{name}", {*taken, *by_path})] = attachment
    with transaction.atomic():
        hold()
        removed = remove_documents(document.attachments.exclude(path__in=by_path).values_list("pk", flat=True))
        added = [
            storage.add_version(
                collection=document.collection,
                path=path,
                content=attachment.content,
                media_type=attachment.media_type,
                by=version.uploaded_by,
                parent=document,
                namesake=known[path] if path in known else namesakes.free(document.collection, path),
            )
            for path, attachment in by_path.items()
        ]
        transaction.on_commit(lambda: storage.delete_files(removed.files))
    return tuple(one.pk for one, is_new in added if is_new), ()


def _free(path: str, taken: Collection[str]) -> str:
    number, free = 1, path
    while free in taken:
        number += 1
        wanted = PurePosixPath(path)
        free = str(wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}"))
    return free


def _depth(document: Document) -> int:
    depth = 0
    while document.parent is not None:
        document, depth = document.parent, depth + 1
    return depth
