"""PDF through PDFium: words with their places, tables, headings, and text recognition for scanned pages.

PDFium's text page gives characters in stream order with boxes, fonts and colours; order, paragraphs and
tables are worked out by `layout`. Hidden text (white on white, invisible, tiny, off the page) is left out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from documents.ingestion.errors import (
    NO_OCR_FOR_PAGES,
    SCAN_HINT,
    DamagedFile,
    EncryptedFile,
    IngestionError,
    NoText,
    TooLarge,
)
from documents.ingestion.parsers import layout, ocr, pdf_annotations
from documents.ingestion.parsers.attaching import attach
from documents.ingestion.parsers.base import Draft, Source, page_numbers, plain_line
from documents.ingestion.parsers.composing import LaidOut, compose, fold_bookmarks
from documents.ingestion.parsers.pdf_page import PageReader
from documents.ingestion.parsers.pdf_repair import with_trailer
from documents.ingestion.types import ParsedDocument

VERSION = f"5+pdfium{pdfium.PDFIUM_INFO.version}" if hasattr(pdfium.PDFIUM_INFO, "version") else "5"
_PASSWORD, _SECURITY = 4, 5
_MOST_BOOKMARKS = 5000
_NUMBERED = re.compile(r"(?:§|\d{1,2}(?:\.\d{1,2})*[.)]?|[A-Z][.)]|[IVX]+[.)])\s", re.IGNORECASE)


def parse(source: Source) -> ParsedDocument:
    """Read a PDF. Raises EncryptedFile, DamagedFile, TooLarge or NoText."""
    draft = Draft(source.limits)
    with opened(source.path) as document:
        if len(document) > source.limits.pages:
            raise TooLarge(f"The file has {len(document)} pages; at most {source.limits.pages} are read.")
        pages: list[LaidOut] = []
        scanned: list[int] = []
        damaged: list[int] = []
        for index in range(len(document)):
            try:
                with PageReader(document, index) as page:
                    laid = _laid_out(page, pdf_annotations.read(document, page))
                    if page.needs_recognition:
                        scanned.append(index)
            except pdfium.PdfiumError:
                damaged.append(index)
                laid = LaidOut(width=0.0, height=0.0)
            pages.append(laid)
        if pages and len(damaged) == len(pages):
            raise DamagedFile("None of the file's pages can be opened.")
        _recognise(document, scanned, pages, draft, source)
        compose(draft, pages, fold_bookmarks(_bookmarks(document)))
        _attach(draft, document)
        title = plain_line(document.get_metadata_dict().get("Title", ""))
    if damaged:
        draft.warn(f"Pages that could not be opened: {_numbers(damaged)}.")
    try:
        return draft.finish(title=_title(title, draft), parser="pdf", version=VERSION)
    except NoText:
        if scanned and not ocr.available():
            raise NoText(
                NO_OCR_FOR_PAGES,
                "Upload a version with recognised text, or ask an administrator to install Tesseract.",
            ) from None
        raise NoText(hint=SCAN_HINT) from None


def _laid_out(page: PageReader, beside: pdf_annotations.Beside) -> LaidOut:
    """A page's blocks; what was filled in stands among its words, comments come after them."""
    words = page.words()
    upright = [*words.pop(0, []), *beside.filled_in]
    laid = LaidOut(width=page.width, height=page.height, comments=beside.comments)
    laid.hidden = " ".join(word for word in (*page.hidden, *beside.hidden) if any(map(str.isalnum, word)))
    laid.blocks = layout.arrange(upright, page.grids())
    laid.turned = {turn: layout.arrange(turned) for turn, turned in words.items()}
    return laid


@contextmanager
def opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    """The open document. Raises EncryptedFile or DamagedFile."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        document = _repaired(path, error)
    try:
        if len(document) == 0:
            raise DamagedFile("The file has no pages.")
        if document.get_formtype() != pdfium.raw.FORMTYPE_NONE:
            document.init_forms()
        yield document
    finally:
        document.close()


def _repaired(path: Path, error: pdfium.PdfiumError) -> pdfium.PdfDocument:
    """A file that cannot be opened as it is. Raises EncryptedFile or DamagedFile."""
    meaning = _meaning(error)
    whole = with_trailer(path.read_bytes()) if isinstance(meaning, DamagedFile) else None
    if whole is None:
        raise meaning from error
    try:
        return pdfium.PdfDocument(whole)
    except pdfium.PdfiumError as again:
        raise _meaning(again) from again


def _meaning(error: pdfium.PdfiumError) -> IngestionError:
    if getattr(error, "err_code", None) in (_PASSWORD, _SECURITY) or "password" in str(error).lower():
        return EncryptedFile()
    return DamagedFile()


def _recognise(
    document: pdfium.PdfDocument, scanned: list[int], pages: list[LaidOut], draft: Draft, source: Source
) -> None:
    """Fill scanned pages through Tesseract, as many as time and limits allow; the rest stay unread and are told."""
    if not scanned:
        return
    read: list[int] = []
    empty: list[int] = []
    for index in scanned if ocr.available() else ():
        if len(read) >= source.limits.ocr_pages or time.monotonic() > source.deadline:
            break
        with PageReader(document, index) as page:
            image = page.picture(ocr.DOTS_PER_INCH, most_pixels=ocr.MOST_PIXELS)
            words = ocr.words(image, page.width, page.height, source)
        # A page number or stamp that is text is in the picture, too.
        pages[index].blocks = layout.arrange(words) or pages[index].blocks
        read.append(index)
        if not words:
            empty.append(index)
    draft.recognised_pages = [index + 1 for index in read]
    if told := [index for index in read if index not in empty]:
        draft.warn(f"Text was recognised from pictures on pages {_numbers(told)}; it may contain errors.")
    if empty:
        draft.warn(f"Pages in whose pictures no text was found: {_numbers(empty)}.")
    reason = "there are many" if ocr.available() else "text recognition is not installed"
    draft.leave_unread([index + 1 for index in scanned if index not in read], reason)


def _bookmarks(document: pdfium.PdfDocument) -> list[tuple[int, str, int]]:
    """(page from 1, title, level from 1) of each bookmark. A damaged table of contents counts as none."""
    entries: list[tuple[int, str, int]] = []
    try:
        for bookmark in document.get_toc(max_depth=6):
            target: Any = bookmark.get_dest()
            page = target.get_index() if target else None
            if page is not None:
                entries.append((page + 1, bookmark.get_title(), bookmark.level + 1))
            if len(entries) >= _MOST_BOOKMARKS:
                break
    except (pdfium.PdfiumError, ValueError):
        return entries
    return entries


def _attach(draft: Draft, document: pdfium.PdfDocument) -> None:
    """Hand on the files that were put into the file, of which a portfolio has all its contents."""
    for at in range(min(document.count_attachments(), draft.limits.attachments + 1)):
        try:
            inside = document.get_attachment(at)
            attach(draft, inside.get_name() or "attachment", "", bytes(inside.get_data()))
        except pdfium.PdfiumError:
            draft.warn("A file inside this file could not be read.")


def _title(metadata: str, draft: Draft) -> str:
    """The metadata's title unless a program made it up from a file's name."""
    made_up = metadata.lower().endswith((".doc", ".docx", ".pdf", ".indd", ".tex", ".ppt", ".pptx", ".dvi"))
    if len(metadata) > 2 and not made_up and metadata.lower() not in ("untitled", "(anonymous)"):
        return metadata
    return _title_line(draft)


def _title_line(draft: Draft) -> str:
    """The heading on the first page that no other is as high as. A numbered one, or one of many, names a section."""
    headings = [element for element in draft.elements if element.kind in ("title", "heading")]
    if not headings or headings[0].page not in (None, 1):
        return ""
    first, *others = headings
    is_alone = all(other.level > max(first.level, 1) for other in others)
    line = draft.first_heading()
    return line if is_alone and not _NUMBERED.match(line) else ""


def _numbers(indexes: list[int]) -> str:
    return page_numbers(index + 1 for index in indexes)
