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
        frames = min(getattr(image, "n_frames", 1), source.limits.ocr_pages)
        if image.format == "GIF":
            frames = 1
        for number in range(frames):
            if time.monotonic() > source.deadline:
                draft.warn(f"Only the first {number} of {frames} pages were read, because time ran out.")
                break
            image.seek(number)
            pages.append(_page(image, source))
    compose(draft, pages, {})
    draft.recognised_pages = [page.number for page in draft.pages]
    draft.warn("The text was recognised from a picture and may contain errors.")
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
        raise TooLarge("The picture has too many pixels.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise DamagedFile from error
    if image.width * image.height > _MOST_PIXELS:
        raise TooLarge("The picture has too many pixels.")
    return image


def upright(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen, in grey or colour. Raises DamagedFile."""
    try:
        return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise DamagedFile from error


def _page(image: Image.Image, source: Source) -> LaidOut:
    frame = upright(image)
    dots = float(image.info.get("dpi", (0, 0))[0] or 0)
    if not 50 <= dots <= 1200:
        dots = _LIKELY_DOTS_PER_INCH
    width, height = (side * 72 / dots for side in frame.size)
    enlarge = min(3.0, ocr.DOTS_PER_INCH / dots)
    if enlarge > 1.2 and frame.width * frame.height * enlarge**2 <= ocr.MOST_PIXELS:
        # Small print is recognised far better when the picture is enlarged first.
        frame = frame.resize((int(frame.width * enlarge), int(frame.height * enlarge)))
    page = LaidOut(width=width, height=height)
    page.blocks = layout.arrange(ocr.words(frame.convert("L"), width, height, source))
    return page
