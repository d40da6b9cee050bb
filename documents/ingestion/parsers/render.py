"""Pictures of pages for the viewer."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents.ingestion.errors import DamagedFile, UnsupportedFile
from documents.ingestion.parsers import sniffing
from documents.ingestion.types import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDEST = 4000
_TALLEST = 8000


def page_image(path: Path, filename: str, page: int, *, width_px: int, limits: Limits) -> dict[str, Any]:
    """Page `page` (from 1) as WebP in base64 under "image", `width_px` wide.

    Raises UnsupportedFile for files without printed pages, DamagedFile when there is no such page.
    """
    media_type = sniffing.sniff(path, filename, limits=limits)
    width = max(16, min(width_px, _WIDEST))
    if media_type == "application/pdf":
        picture = _pdf_page(path, page, width)
    elif media_type.startswith("image/"):
        picture = _frame(path, page, width)
    else:
        raise UnsupportedFile("Files of this kind have no printed pages.")
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=80, method=2)
    return {"image": base64.b64encode(out.getvalue()).decode("ascii")}


def _pdf_page(path: Path, page: int, width: int) -> Image:
    import pypdfium2 as pdfium

    from documents.ingestion.parsers import pdf

    with pdf.opened(path) as document:
        if not 1 <= page <= len(document):
            raise DamagedFile(f"The file has no page {page}.")
        try:
            sheet = document[page - 1]
            across, down = sheet.get_size()
            scale = min(width / max(1.0, across), _TALLEST / max(1.0, down))
            picture: Image = sheet.render(scale=scale).to_pil()
            return picture
        except pdfium.PdfiumError as error:
            raise DamagedFile(f"Page {page} cannot be drawn.") from error


def _frame(path: Path, page: int, width: int) -> Image:
    from documents.ingestion.parsers import images

    with images.opened(path) as image:
        if not 1 <= page <= getattr(image, "n_frames", 1):
            raise DamagedFile(f"The file has no page {page}.")
        image.seek(page - 1)
        picture = images.upright(image)
        picture.thumbnail((width, _TALLEST))
        return picture
