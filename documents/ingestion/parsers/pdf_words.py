"""The words of a PDF page: cut from PDFium's characters, with their places and how they look."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.ingestion.parsers.printed import Printed

# PDFium ends a line that ends in a hyphen with U+0002; the rest of that word stands on the next line.
WORD = re.compile("[^\\s\0\x02\ufffd\u200b]+\x02?|\x02")
_BOLD = re.compile(rb"bold|black|heavy|demi|CMBX|\bBX", re.IGNORECASE)
_MONO = re.compile(rb"mono|courier|consol|menlo|CMTT|typewriter", re.IGNORECASE)
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
# Where the direction changes: PDFium leaves out the blank between the runs of a line.
_TURN = re.compile(f"(?<=[{_RIGHT_TO_LEFT}])(?=[A-Za-z])|(?<=[A-Za-z])(?=[{_RIGHT_TO_LEFT}])")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_ALEF_LAM = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
_INVISIBLE, _STROKED = 3, (1, 2, 5, 6)  # text render modes
TINY = 1.5  # points
WHITE = 245


# The two questions that are asked for each word, with plain addresses: pointer objects cost more than the answers.
_TEXT_OBJECT = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
_LOOSE_BOX = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)


class Style(NamedTuple):
    size: float
    bold: bool
    mono: bool
    white: bool
    invisible: bool
    turn: int
    doubtful: bool  # white, invisible or tiny: visible only if something makes it so


def characters(textpage: pdfium.PdfTextPage) -> str:
    """The page's characters, exactly one for each index of PDFium's."""
    count = max(0, raw.FPDFText_CountChars(textpage))
    buffer = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(textpage, 0, count, buffer)
    if written == count + 1:
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass").replace("\ufffe", "\x02")
        if len(text) == count:
            return text
    # Characters without a meaning are missing from the text above, rare ones take two places there.
    return "".join(chr(raw.FPDFText_GetUnicode(textpage, at)) for at in range(count))


class WordReader:
    """Cuts the characters of a text page into words and asks PDFium for their places and looks."""

    def __init__(
        self,
        textpage: pdfium.PdfTextPage,
        text: str,
        place: Callable[[float, float, float, float], tuple[float, float, float, float]],
        visible: Callable[[str, tuple[float, float, float, float], Style], bool],
    ) -> None:
        self._textpage = textpage.raw
        self._text = text
        self._place = place
        self._visible = visible
        self._page_address = ctypes.cast(self._textpage, ctypes.c_void_p).value
        self._styles: dict[int | None, Style] = {}
        self._fonts: dict[int, tuple[bool, bool]] = {}
        self._rect = raw.FS_RECTF()
        self._rect_address = ctypes.addressof(self._rect)
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._colour = [ctypes.c_uint() for _ in range(4)]

    def read(self) -> dict[int, list[Printed]]:
        """All visible words by the way they are turned."""
        turns: dict[int, list[Printed]] = {}
        for found in WORD.finditer(self._text):
            start, end = found.span()
            style = self._style(start)
            text = found.group()
            if not text.isascii() and _ALEF_LAM.search(text):
                text = self._ligatures_turned(text, start)
            words = turns.setdefault(style.turn, [])
            if not text.isascii() and _CJK.search(text):
                for at in range(start, end):
                    self._append(text[at - start], at, at + 1, style, words, glued=at > start)
            else:
                at = start
                for part in [text] if text.isascii() else _TURN.split(text):
                    self._append(part, at, at + len(part), style, words, glued=False)
                    at += len(part)
        return turns

    def _ligatures_turned(self, text: str, start: int) -> str:
        """PDFium turns the two letters of the Arabic ligature lam-alef with the line: turned back, where one glyph."""
        for found in _ALEF_LAM.finditer(text):
            at = found.start()
            if self._origin(start + at) == self._origin(start + at + 1):
                text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text

    def _origin(self, at: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._textpage, at, x, y)
        return round(x.value, 2), round(y.value, 2)

    def _append(self, text: str, start: int, end: int, style: Style, words: list[Printed], *, glued: bool) -> None:
        page, rect, address = self._page_address, self._rect, self._rect_address
        if not _LOOSE_BOX(page, start, address):
            return
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        if end - start > 1 and _LOOSE_BOX(page, end - 1, address):
            if rect.left < left:
                left = rect.left
            if rect.right > right:
                right = rect.right
        box = self._place(left, bottom, right, top)
        if self._visible(text, box, style):
            words.append(Printed(text, *box, style.size, style.bold, style.mono, glued))

    def _style(self, at: int) -> Style:
        """How the text object looks that the character belongs to; asked once per object."""
        address = _TEXT_OBJECT(self._page_address, at)
        found = self._styles.get(address)
        if found is None:
            found = self._styles[address] = self._ask_style(at, ctypes.cast(address, raw.FPDF_PAGEOBJECT))
        return found

    def _ask_style(self, at: int, handle: raw.FPDF_PAGEOBJECT) -> Style:
        textpage, matrix = self._textpage, self._matrix
        size = raw.FPDFText_GetFontSize(textpage, at)
        turn = 0
        if raw.FPDFText_GetMatrix(textpage, at, matrix):
            size *= math.hypot(matrix.c, matrix.d)
            turn = self._turn(matrix)
        bold, mono = self._font(at, handle)
        white = False
        if raw.FPDFText_GetFillColor(textpage, at, *self._colour):
            *colour, alpha = (part.value for part in self._colour)
            white = min(colour) >= WHITE or alpha < 10
        mode = raw.FPDFTextObj_GetTextRenderMode(handle) if handle else 0
        invisible = mode == _INVISIBLE
        if white and mode in _STROKED and raw.FPDFPageObj_GetStrokeColor(handle, *self._colour):
            *colour, alpha = (part.value for part in self._colour)
            white = min(colour) >= WHITE or alpha < 10
        doubtful = white or invisible or size < TINY
        return Style(size, bold, mono, white, invisible, turn, doubtful)

    def _font(self, at: int, handle: raw.FPDF_PAGEOBJECT) -> tuple[bool, bool]:
        """Whether the character's font is bold and whether all its letters are of one width; asked once per font."""
        font = raw.FPDFTextObj_GetFont(handle) if handle else None
        address = ctypes.addressof(font.contents) if font else 0
        found = self._fonts.get(address) if font else None
        if found is None:
            length = raw.FPDFText_GetFontInfo(self._textpage, at, self._name, 128, self._flags)
            name = self._name.raw[: max(0, min(length, 128) - 1)]
            bold = raw.FPDFText_GetFontWeight(self._textpage, at) >= 600 or bool(_BOLD.search(name))
            found = self._fonts[address] = bold, bool(_MONO.search(name))
        return found

    def _turn(self, matrix: raw.FS_MATRIX) -> int:
        """How far the text is turned on the page as shown, in quarters: 0, 90, 180 or 270 degrees."""
        along = (matrix.a, matrix.b)
        x0, y0, _, _ = self._place(0.0, 0.0, 0.0, 0.0)
        x1, y1, _, _ = self._place(*along, *along)
        return round(math.degrees(math.atan2(y0 - y1, x1 - x0)) / 90) % 4 * 90
