"""One page of a PDF as printed words, ruled grids and a picture."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from documents.ingestion.parsers.pdf_words import TINY, WHITE, WORD, Style, WordReader, characters
from documents.ingestion.parsers.printed import Frame, Printed, Ruled
from documents.ingestion.parsers.ruling import Rule, grids

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_OBJECTS = 20_000
_TEXT_FLOOR = 40  # letters and digits: a page that is a picture and has fewer was scanned and stamped
_OUTLINES = 60  # drawn shapes: a page without text that has more may have its letters drawn


class PageReader:
    """A page while it is read. `width` and `height` are those of the page as shown, in points.

    `needs_recognition` and `hidden` (words that are not shown) are known after `words()`.
    """

    def __init__(self, document: pdfium.PdfDocument, index: int) -> None:
        self._page = document[index]
        self.width, self.height = self._page.get_size()
        self.needs_recognition = False
        self.hidden: list[str] = []
        self.place = self._frame()
        self._pictures: list[tuple[float, float, float, float]] = []
        self._fills: list[tuple[float, float, float, float]] = []
        self._rules: list[Rule] = []
        self._paths = 0
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

    @property
    def handle(self) -> raw.FPDF_PAGE:
        """PDFium's page."""
        return self._page.raw

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
            text = characters(textpage)
            unknown = text.count("\0") + text.count("\ufffd")
            if unknown > 0.3 * len(text) or not WORD.search(text):
                self.needs_recognition = bool(self._pictures) or unknown > 0 or self._paths >= _OUTLINES
                return {}
            few = sum(map(str.isalnum, text)) < _TEXT_FLOOR
            self.needs_recognition = few and any(map(self._fills_page, self._pictures))
            turns = WordReader(textpage, text, self.place, self._visible).read()
            return {turn: self._turned(words, turn) for turn, words in turns.items() if words}
        finally:
            textpage.close()

    def _fills_page(self, box: tuple[float, float, float, float]) -> bool:
        return bool((box[2] - box[0]) * (box[3] - box[1]) > 0.4 * self.width * self.height)

    def _turned(self, words: list[Printed], turn: int) -> list[Printed]:
        if turn == 0:
            return words
        frame = Frame(self.width, self.height, turn)
        moved = [frame.from_page(word.x0, word.y0, word.x1, word.y1) for word in words]
        return [word._replace(x0=x0, y0=y0, x1=x1, y1=y1) for word, (x0, y0, x1, y1) in zip(words, moved, strict=True)]

    def _visible(self, text: str, box: tuple[float, float, float, float], style: Style) -> bool:
        x0, y0, x1, y1 = box
        shown = x1 > 0 and y1 > 0 and x0 < self.width and y0 < self.height and y1 - y0 >= TINY
        if shown and not style.doubtful:
            return True
        if shown and style.invisible:
            # Under the picture of a scanned page lies its recognised text: that is meant to be found.
            shown = any(_covers(picture, box) for picture in self._pictures)
        if shown and style.white:
            shown = any(_covers(fill, box) for fill in (*self._fills, *self._pictures))
        if style.size < TINY:
            shown = False
        if not shown:
            self.hidden.append(text)
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
            box = self.place(*(edge.value for edge in edges))
            if kind == raw.FPDF_PAGEOBJ_PATH:
                self._paths += 1
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
            if not known or min(part.value for part in colour[:3]) < WHITE:
                self._fills.append(box)


def _covers(outer: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]
