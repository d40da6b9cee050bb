"""The words of a PDF page: cut from PDFium's characters, with their places and how they look."""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import repeat
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


class _Part(NamedTuple):
    """A word, the indexes of its first and last character, and whether it follows the one before without a blank."""

    text: str
    first: int
    last: int
    glued: bool
    style: Style


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
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._colour = [ctypes.c_uint() for _ in range(4)]

    def read(self) -> dict[int, list[Printed]]:
        """All visible words by the way they are turned."""
        parts = self._parts()
        firsts, lasts = self._boxes([part.first for part in parts]), self._boxes([part.last for part in parts])
        turns: defaultdict[int, list[Printed]] = defaultdict(list)
        place, visible = self._place, self._visible
        for (text, _, _, glued, style), first, last in zip(parts, firsts, lasts, strict=True):
            if first is None:
                continue
            left, top, right, bottom = first
            if last is not None:
                left, right = min(left, last[0]), max(right, last[2])
            box = place(left, bottom, right, top)
            if visible(text, box, style):
                size, bold, mono, _, _, turn, _ = style
                x0, y0, x1, y1 = box
                turns[turn].append(Printed(text, x0, y0, x1, y1, size, bold, mono, glued))
        return turns

    def _parts(self) -> list[_Part]:
        """The words in the order of their characters; Chinese and Japanese characters are words of their own."""
        parts: list[_Part] = []
        found = list(WORD.finditer(self._text))
        styles = self._styles_at([word.start() for word in found])
        for word, style in zip(found, styles, strict=True):
            text, at = word[0], word.start()
            if text.isascii():
                parts.append(_Part(text, at, at + len(text) - 1, False, style))
                continue
            if _ALEF_LAM.search(text):
                text = self._ligatures_turned(text, at)
            if _CJK.search(text):
                parts += [_Part(sign, at + n, at + n, n > 0, style) for n, sign in enumerate(text)]
                continue
            for piece in _TURN.split(text):
                parts.append(_Part(piece, at, at + len(piece) - 1, False, style))
                at += len(piece)
        return parts

    def _boxes(self, at: list[int]) -> list[tuple[float, ...] | None]:
        """Left, top, right and bottom of the characters at these indexes; None for those that have no place.

        Asked in one go: a page has a thousand of them.
        """
        edges = (ctypes.c_float * (4 * len(at)))()
        start = ctypes.addressof(edges)
        known = map(_LOOSE_BOX, repeat(self._page_address), at, range(start, start + 16 * len(at), 16))
        placed = list(known)
        values = iter(edges[:])
        boxes = zip(values, values, values, values, strict=True)
        return [box if is_placed else None for box, is_placed in zip(boxes, placed, strict=True)]

    def _styles_at(self, at: list[int]) -> list[Style]:
        """How the text objects look that the characters belong to; asked once per object."""
        addresses = list(map(_TEXT_OBJECT, repeat(self._page_address), at))
        styles = self._styles
        for address, first in zip(addresses, at, strict=True):
            if address not in styles:
                styles[address] = self._ask_style(first, ctypes.cast(address, raw.FPDF_PAGEOBJECT))
        return [styles[address] for address in addresses]

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
