"""Pictures of text: each frame is recognised by Tesseract and laid out like a scanned page."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from documents.ingestion.errors import (
    NO_OCR_FOR_PICTURE,
    SCAN_HINT,
    DamagedFile,
    NoText,
    TooLarge,
    UnsupportedFile,
)
from documents.ingestion.parsers import layout, ocr
from documents.ingestion.parsers.base import Draft, Source
from documents.ingestion.parsers.composing import LaidOut, compose
from documents.ingestion.types import ParsedDocument

_LIKELY_DOTS_PER_INCH = 150  # of pictures that do not say
_MOST_PIXELS = 80_000_000


def parse(source: Source) -> ParsedDocument:
    """Read a picture. Raises UnsupportedFile without Tesseract, DamagedFile, TooLarge or NoText."""
    if not ocr.available():
        raise UnsupportedFile(
            NO_OCR_FOR_PICTURE,
            "Upload a document with text, or ask an administrator to install Tesseract.",
        )
    draft = Draft(source.limits)
    pages: list[LaidOut] = []
    with opened(source.path) as image:
        frames = 1 if image.format == "GIF" else getattr(image, "n_frames", 1)
        if frames > source.limits.pages:
            raise TooLarge(f"The picture has {frames} pages.")
        read = 0
        for number in range(frames):
            _seek(image, number)
            page, dots = _blank(image)
            if number < source.limits.ocr_pages and time.monotonic() <= source.deadline:
                _recognise(page, image, dots, source)
                read = number + 1
            pages.append(page)
    compose(draft, pages, {})
    draft.recognised_pages = list(range(1, read + 1))
    draft.warn("The text was recognised from a picture and may contain errors.")
    draft.leave_unread(range(read + 1, frames + 1), "there are many")
    try:
        return draft.finish(title=draft.first_heading(), parser="image", version=f"1+tesseract{ocr.version()}")
    except NoText:
        raise NoText("No text was recognised in the picture.", SCAN_HINT) from None


def opened(path: Path) -> Image.Image:
    """The picture, not decoded yet. Raises DamagedFile or TooLarge."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        image = Image.open(path)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DamagedFile from error
    if image.width * image.height > _MOST_PIXELS:
        raise _too_many_pixels()
    return image


def _too_many_pixels() -> TooLarge:
    return TooLarge("The picture has too many pixels.", "Make the picture smaller and upload that.")


def upright(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen, in grey or colour. Raises DamagedFile."""
    try:
        return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise DamagedFile from error


def _seek(image: Image.Image, number: int) -> None:
    try:
        image.seek(number)
    except (OSError, ValueError, SyntaxError) as error:
        raise DamagedFile from error


def _blank(image: Image.Image) -> tuple[LaidOut, float]:
    """The frame's page, nothing on it yet, and its dots to the inch."""
    dots = float(image.info.get("dpi", (0, 0))[0] or 0)
    if not 50 <= dots <= 1200:
        dots = _LIKELY_DOTS_PER_INCH
    return LaidOut(width=image.width * 72 / dots, height=image.height * 72 / dots), dots


def _recognise(page: LaidOut, image: Image.Image, dots: float, source: Source) -> None:
    frame = upright(image)
    page.width, page.height = (side * 72 / dots for side in frame.size)
    enlarge = min(3.0, ocr.DOTS_PER_INCH / dots)
    if enlarge > 1.2 and frame.width * frame.height * enlarge**2 <= ocr.MOST_PIXELS:
        # Small print is recognised far better when the picture is enlarged first.
        frame = frame.resize((int(frame.width * enlarge), int(frame.height * enlarge)))
    page.blocks = layout.arrange(ocr.words(frame.convert("L"), page.width, page.height, source))
