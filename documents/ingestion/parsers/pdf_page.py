"""One page of a PDF as printed words, ruled grids and a picture. The only module that calls PDFium's C API."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.ingestion.parsers.printed import Frame, Printed, Ruled
from documents.ingestion.parsers.ruling import Rule, grids

if TYPE_CHECKING:
    from PIL.Image import Image

# PDFium ends a line that ends in a hyphen with U+0002; the rest of that word stands on the next line.
_WORD = re.compile("[^\\s\0\x02\ufffd\u200b]+\x02?|\x02")
_BOLD = re.compile(rb"bold|black|heavy|demi|CMBX|\bBX", re.IGNORECASE)
_MONO = re.compile(rb"mono|courier|consol|menlo|CMTT|typewriter", re.IGNORECASE)
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_INVISIBLE = 3  # text render mode
_TINY = 1.5  # points
_MOST_OBJECTS = 20_000
_WHITE = 245


class _Style(NamedTuple):
    size: float
    bold: bool
    mono: bool
    white: bool
    invisible: bool
    turn: int
    doubtful: bool  # white, invisible or tiny: visible only if something makes it so


class PageReader:
    """A page while it is read. `width` and `height` are those of the page as shown, in points.

    `needs_recognition` and `hidden` (a count of words) are known after `words()`.
    """

    def __init__(self, document: pdfium.PdfDocument, index: int) -> None:
        self._page = document[index]
        self.width, self.height = self._page.get_size()
        self.needs_recognition = False
        self.hidden = 0
        self._place = self._frame()
        self._pictures: list[tuple[float, float, float, float]] = []
        self._fills: list[tuple[float, float, float, float]] = []
        self._rules: list[Rule] = []
        self._look_at_objects()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._page.close()

    def picture(self, dots_per_inch: int, *, most_pixels: int) -> Image:
        """The page as a grey picture, smaller than asked where it would exceed `most_pixels`."""
        scale = dots_per_inch / 72
        area = max(1.0, self.width * self.height)
        scale = min(scale, math.sqrt(most_pixels / area))
        image: Image = self._page.render(scale=scale, grayscale=True).to_pil()
        return image

    def grids(self) -> list[Ruled]:
        """Tables drawn with lines."""
        return grids(self._rules)

    def words(self) -> dict[int, list[Printed]]:
        """The visible words by their turn, in no particular order, each in the frame it is read in.

        Turns are 0 for upright text, 90 for text that runs upwards, 180 and 270 (see `printed.Frame`). Empty
        when the page must be recognised instead.
        """
        textpage = self._page.get_textpage()
        try:
            text = _characters(textpage)
            unknown = text.count("\0") + text.count("\ufffd")
            if unknown > 0.3 * len(text) or not _WORD.search(text):
                self.needs_recognition = bool(self._pictures) or unknown > 0
                return {}
            turns = _WordReader(textpage, text, self._place, self._visible).read()
            return {turn: self._turned(words, turn) for turn, words in turns.items() if words}
        finally:
            textpage.close()

    def _turned(self, words: list[Printed], turn: int) -> list[Printed]:
        if turn == 0:
            return words
        frame = Frame(self.width, self.height, turn)
        moved = [frame.from_page(word.x0, word.y0, word.x1, word.y1) for word in words]
        return [word._replace(x0=x0, y0=y0, x1=x1, y1=y1) for word, (x0, y0, x1, y1) in zip(words, moved, strict=True)]

    def _visible(self, box: tuple[float, float, float, float], style: _Style) -> bool:
        x0, y0, x1, y1 = box
        shown = x1 > 0 and y1 > 0 and x0 < self.width and y0 < self.height and y1 - y0 >= _TINY
        if shown and not style.doubtful:
            return True
        if shown and style.invisible:
            # Under the picture of a scanned page lies its recognised text: that is meant to be found.
            shown = any(_covers(picture, box) for picture in self._pictures)
        if shown and style.white:
            shown = any(_covers(fill, box) for fill in (*self._fills, *self._pictures))
        if style.size < _TINY:
            shown = False
        if not shown:
            self.hidden += 1
        return shown

    def _frame(self) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
        """From PDF coordinates (left, bottom, right, top) to points from the top left of the page as shown."""
        left, bottom, right, top = self._page.get_bbox()
        turn = self._page.get_rotation() % 360

        def place(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
            if turn == 90:
                return y0 - bottom, x0 - left, y1 - bottom, x1 - left
            if turn == 180:
                return right - x1, y0 - bottom, right - x0, y1 - bottom
            if turn == 270:
                return top - y1, right - x1, top - y0, right - x0
            return x0 - left, top - y1, x1 - left, top - y0

        return place

    def _look_at_objects(self) -> None:
        """Note pictures, dark fills and ruled lines."""
        page = self._page.raw
        edges = [ctypes.c_float() for _ in range(4)]
        for at in range(min(raw.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
            item = raw.FPDFPage_GetObject(page, at)
            kind = raw.FPDFPageObj_GetType(item)
            if kind not in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING):
                continue
            if not raw.FPDFPageObj_GetBounds(item, *edges):
                continue
            box = self._place(*(edge.value for edge in edges))
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._note_path(item, box)
            else:
                self._pictures.append(box)

    def _note_path(self, item: raw.FPDF_PAGEOBJECT, box: tuple[float, float, float, float]) -> None:
        x0, y0, x1, y1 = box
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(item, mode, stroke)
        thin = min(x1 - x0, y1 - y0) <= 3
        if thin:
            self._rules.append(Rule(x0, y0, x1, y1))
        elif stroke.value and raw.FPDFPath_CountSegments(item) <= 6:
            self._rules += (Rule(x0, y0, x1, y0), Rule(x0, y1, x1, y1))
            self._rules += (Rule(x0, y0, x0, y1), Rule(x1, y0, x1, y1))
        if mode.value and not thin:
            colour = [ctypes.c_uint() for _ in range(4)]
            known = raw.FPDFPageObj_GetFillColor(item, *colour)
            if not known or min(part.value for part in colour[:3]) < _WHITE:
                self._fills.append(box)


def _covers(outer: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _characters(textpage: pdfium.PdfTextPage) -> str:
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


class _WordReader:
    """Cuts the characters of a text page into words and asks PDFium for their places and looks."""

    def __init__(
        self,
        textpage: pdfium.PdfTextPage,
        text: str,
        place: Callable[[float, float, float, float], tuple[float, float, float, float]],
        visible: Callable[[tuple[float, float, float, float], _Style], bool],
    ) -> None:
        self._textpage = textpage.raw
        self._text = text
        self._place = place
        self._visible = visible
        self._styles: dict[int, _Style] = {}
        self._rect = raw.FS_RECTF()
        self._matrix = raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._colour = [ctypes.c_uint() for _ in range(4)]

    def read(self) -> dict[int, list[Printed]]:
        """All visible words by the way they are turned."""
        turns: dict[int, list[Printed]] = {}
        for found in _WORD.finditer(self._text):
            start, end = found.span()
            style = self._style(start)
            text = found.group()
            words = turns.setdefault(style.turn, [])
            if not text.isascii() and _CJK.search(text):
                for at in range(start, end):
                    self._append(text[at - start], at, at + 1, style, words, glued=at > start)
            else:
                self._append(text, start, end, style, words, glued=False)
        return turns

    def _append(self, text: str, start: int, end: int, style: _Style, words: list[Printed], *, glued: bool) -> None:
        rect, loose = self._rect, raw.FPDFText_GetLooseCharBox
        if not loose(self._textpage, start, rect):
            return
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        if end - start > 1 and loose(self._textpage, end - 1, rect):
            if rect.left < left:
                left = rect.left
            if rect.right > right:
                right = rect.right
        box = self._place(left, bottom, right, top)
        if self._visible(box, style):
            words.append(Printed(text, *box, style.size, style.bold, style.mono, glued))

    def _style(self, at: int) -> _Style:
        """How the text object looks that the character belongs to; asked once per object."""
        handle = raw.FPDFText_GetTextObject(self._textpage, at)
        address = ctypes.addressof(handle.contents) if handle else 0
        found = self._styles.get(address)
        if found is None:
            found = self._styles[address] = self._ask_style(at, handle)
        return found

    def _ask_style(self, at: int, handle: raw.FPDF_PAGEOBJECT) -> _Style:
        textpage, matrix = self._textpage, self._matrix
        size = raw.FPDFText_GetFontSize(textpage, at)
        turn = 0
        if raw.FPDFText_GetMatrix(textpage, at, matrix):
            size *= math.hypot(matrix.c, matrix.d)
            turn = self._turn(matrix)
        length = raw.FPDFText_GetFontInfo(textpage, at, self._name, 128, self._flags)
        name = self._name.raw[: max(0, min(length, 128) - 1)]
        bold = raw.FPDFText_GetFontWeight(textpage, at) >= 600 or bool(_BOLD.search(name))
        white = False
        if raw.FPDFText_GetFillColor(textpage, at, *self._colour):
            *colour, alpha = (part.value for part in self._colour)
            white = min(colour) >= _WHITE or alpha < 10
        invisible = bool(handle) and raw.FPDFTextObj_GetTextRenderMode(handle) == _INVISIBLE
        doubtful = white or invisible or size < _TINY
        return _Style(size, bold, bool(_MONO.search(name)), white, invisible, turn, doubtful)

    def _turn(self, matrix: raw.FS_MATRIX) -> int:
        """How far the text is turned on the page as shown, in quarters: 0, 90, 180 or 270 degrees."""
        along = (matrix.a, matrix.b)
        x0, y0, _, _ = self._place(0.0, 0.0, 0.0, 0.0)
        x1, y1, _, _ = self._place(*along, *along)
        return round(math.degrees(math.atan2(y0 - y1, x1 - x0)) / 90) % 4 * 90
