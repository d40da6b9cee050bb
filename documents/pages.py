"""Pictures of pages, made on demand in the sandbox and kept encrypted until their document goes."""

import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver

from documents.ingestion import sandbox
from documents.ingestion.errors import IngestionError
from documents.lineage import documents_removed, text_withdrawn
from documents.models import DocumentVersion
from ragapp.privacy import vault

WIDTH_PX = 1240
# Types with pages that look like something; of the others the viewer shows the text.
WITH_PICTURES = frozenset({"application/pdf", "image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif"})


class NoPicture(Exception):
    """This page cannot be shown as a picture."""


def has_pictures(media_type: str) -> bool:
    """Whether pages of this type are shown as they are printed."""
    return media_type in WITH_PICTURES


def size_of(width: float, height: float) -> tuple[int, int] | None:
    """Width and height in pixels of the picture of a page that measures so much; None where that is not known."""
    return (WIDTH_PX, round(WIDTH_PX * height / width)) if width > 0 and height > 0 else None


def page_image(version: DocumentVersion, page: int) -> bytes:
    """Page `page` (from 1) as WebP. Rights are the caller's to check. Raises NoPicture."""
    if not has_pictures(version.media_type) or not 1 <= page <= _page_count(version):
        raise NoPicture
    key = f"{_folder(version.document_id)}/{version.number}-{page}.webp"
    try:
        return vault.load(key)
    except (FileNotFoundError, vault.Unreadable):
        image = _render(version, page)
    vault.save(key, image)
    return image


def _page_count(version: DocumentVersion) -> int:
    """As counted when the version was read; 0 while it was not."""
    pages = version.extractions.order_by("-pk").values_list("layout__pages", flat=True).first()
    return len(pages or ())


def _render(version: DocumentVersion, page: int) -> bytes:
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        original = Path(folder) / "original"
        try:
            original.write_bytes(vault.load(version.storage_key))
            return sandbox.render_page(original, page, filename=version.filename, width_px=WIDTH_PX)
        except (FileNotFoundError, vault.Unreadable, IngestionError) as error:
            raise NoPicture from error


def _folder(document_id: UUID) -> str:
    return f"pages/{document_id}"


@receiver([documents_removed, text_withdrawn])
def forget_pictures(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> dict[str, int]:
    """Removes the pictures of documents that went, or may not show what they did, once that is for good; how many."""
    folders = [settings.FILES_DIR / _folder(document_id) for document_id in document_ids]
    count = sum(1 for folder in folders if folder.is_dir() for _ in folder.iterdir())

    def remove() -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    transaction.on_commit(remove)
    return {"pictures": count}
