"""What stands on a PDF page without being part of it: values of form fields, text boxes, comments."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.ingestion.parsers.base import plain_block, plain_line
from documents.ingestion.parsers.pdf_page import PageReader
from documents.ingestion.parsers.printed import Printed

_MOST = 5000  # of a page
_HIDDEN_FLAGS = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_VALUES = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_TICKS = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_TICKED, _EMPTY = "☒", "☐"
_COMMENTS = (
    raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_SQUIGGLY, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE,
)  # fmt: skip
_LARGEST_PRINT = 11.0


@dataclass(slots=True)
class Beside:
    """The words that were filled in, in points of the page as shown; comments; and what is not shown."""

    filled_in: list[Printed] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def read(document: pdfium.PdfDocument, page: PageReader) -> Beside:
    """The annotations of a page."""
    found = Beside()
    handle = page.handle
    for at in range(min(raw.FPDFPage_GetAnnotCount(handle), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(handle, at)
        if not annotation:
            continue
        try:
            _add(found, document, page, annotation)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _add(found: Beside, document: pdfium.PdfDocument, page: PageReader, annotation: Any) -> None:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET:
        text = _field(document, annotation)
    elif kind == raw.FPDF_ANNOT_FREETEXT or kind in _COMMENTS:
        text = _string(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *out))
    else:
        return
    if not text.strip():
        return
    if raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN_FLAGS:
        found.hidden += text.split()
    elif kind in _COMMENTS:
        author = plain_line(_string(lambda *out: raw.FPDFAnnot_GetStringValue(annotation, b"T", *out)))
        found.comments.append(plain_block(f"Comment by {author}: {text}" if author else f"Comment: {text}"))
    else:
        rect = raw.FS_RECTF()
        if raw.FPDFAnnot_GetRect(annotation, rect):
            found.filled_in += _printed(text, page.place(rect.left, rect.bottom, rect.right, rect.top))


def _field(document: pdfium.PdfDocument, annotation: Any) -> str:
    """The value of a form field, or whether it is ticked; "" for buttons and signatures."""
    form = document.formenv
    if form is None:
        return ""
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _TICKS:
        return _TICKED if raw.FPDFAnnot_IsChecked(form, annotation) else _EMPTY
    if kind in _VALUES:
        return _string(lambda *out: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *out))
    return ""


def _string(ask: Callable[..., int]) -> str:
    """What a function of PDFium writes into a buffer of UTF-16 characters."""
    size = ask(None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _printed(text: str, box: tuple[float, float, float, float]) -> list[Printed]:
    """The words of `text` set into `box`, line by line, about where they are shown."""
    x0, y0, x1, y1 = box
    lines = [line.split() for line in plain_block(text).split("\n") if line.split()]
    if not lines:
        return []
    step = (y1 - y0) / len(lines)
    size = min(_LARGEST_PRINT, max(4.0, 0.7 * step))
    words: list[Printed] = []
    for number, line in enumerate(lines):
        middle = y0 + (number + 0.5) * step
        letter = min(0.5 * size, (x1 - x0) / max(1, sum(len(word) + 1 for word in line)))
        at = x0
        for word in line:
            words.append(Printed(word, at, middle - size / 2, at + len(word) * letter, middle + size / 2, size))
            at += (len(word) + 1) * letter
    return words
