"""OpenDocument slides: a page per slide with its title, text, tables, charts, speaker notes and comments.

Hidden slides are left out.
"""

from __future__ import annotations

import re
from typing import Any

from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_line
from documents.ingestion.parsers.odf_parts import DRAW, FO, OFFICE, PRESENTATION, STYLE, SVG, Parts, opened
from documents.ingestion.parsers.opendocument import Reader
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_TITLES = ("title",)
_LISTS = ("outline",)
_NUMBERS = frozenset(("page-number", "date-time", "header"))
_GIVEN_NAME = re.compile(r"^\w*\s*\d+$")  # what programs call a slide: "page1", "Slide 2"
_LENGTH = re.compile(r"^(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc|px)$")
_POINTS = {"cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}


def parse(source: Source) -> ParsedDocument:
    """Read an ODP presentation or an ODG drawing. Raises DamagedFile."""
    draft = Draft(source.limits)
    with opened(source.path) as parts:
        deck = _Deck(draft, parts)
        for page in parts.body("presentation", "drawing").iterchildren(DRAW + "page"):
            deck.add(page)
        if deck.hidden:
            draft.warn(f"Hidden slides were left out: {deck.hidden}.")
        title = parts.title()
    return draft.finish(title=title or draft.first_heading(), parser="odp", version=VERSION)


class _Deck:
    def __init__(self, draft: Draft, parts: Parts) -> None:
        self._draft = draft
        self._parts = parts
        self._reader = Reader(draft, parts)
        self._width, self._height = _page_size(parts)
        self._masters = {page.get(STYLE + "name", ""): page for page in parts.master_pages()}
        self._footers = {
            declared.get(PRESENTATION + "name", ""): plain_block(declared.text or "")
            for declared in parts.named(PRESENTATION + "footer-decl")
        }
        self._told: set[str] = set()  # what repeats from slide to slide is written once
        self.hidden = 0

    def add(self, page: Any) -> None:
        """Write a slide: its title first, then the rest as it was built, then notes and comments."""
        name = plain_line(page.get(DRAW + "name", ""))
        label = "" if _GIVEN_NAME.match(name) else name
        number = self._draft.start_page(width=self._width, height=self._height, label=label)
        style = page.get(DRAW + "style-name", "")
        shown = self._parts.styles.value("drawing-page", style, "drawing-page-properties", PRESENTATION + "visibility")
        if shown == "hidden":
            self.hidden += 1
            return
        shapes = [node for node in page if isinstance(node.tag, str) and node.tag.startswith(DRAW)]
        titles = [node for node in shapes if node.get(PRESENTATION + "class") in _TITLES]
        for node in titles:
            text = plain_line(self._reader.text_of(node))
            if number == 1 and node is titles[0]:
                self._draft.add("title", text)
            else:
                self._draft.add("heading", text, level=1)
        for node in shapes:
            if node.get(PRESENTATION + "class") not in _TITLES:
                self._shape(node)
        self._beside(page)

    def _shape(self, node: Any) -> None:
        kind = node.get(PRESENTATION + "class", "")
        if node.get(PRESENTATION + "placeholder") == "true" or kind in _NUMBERS:
            return
        if self._is_off(node):
            self._draft.hide(self._reader.text_of(node))
        elif kind == "footer":
            self._repeated(self._reader.text_of(node))
        else:
            self._reader.drawing(node, listed=kind in _LISTS)

    def _beside(self, page: Any) -> None:
        """Write notes, comments, and what the master and the footer print."""
        for notes in page.iterchildren(PRESENTATION + "notes"):
            for node in notes.iter(DRAW + "frame"):
                if node.get(PRESENTATION + "class") == "notes" and node.get(PRESENTATION + "placeholder") != "true":
                    self._draft.add("note", self._reader.text_of(node))
        for comment in page.iterchildren(OFFICE + "annotation"):
            self._reader.comment(comment)
        self._repeated(self._footers.get(page.get(PRESENTATION + "use-footer-name", ""), ""))
        master = self._masters.pop(page.get(DRAW + "master-page-name", ""), None)
        for node in master if master is not None else ():
            if isinstance(node.tag, str) and node.tag.startswith(DRAW) and not node.get(PRESENTATION + "class"):
                self._repeated(self._reader.text_of(node))

    def _repeated(self, text: str) -> None:
        if sum(map(str.isalnum, text)) > 2 and text not in self._told:
            self._told.add(text)
            self._draft.add("running", text)

    def _is_off(self, node: Any) -> bool:
        """Whether a shape lies wholly beside the slide."""
        x, y, width, height = (_length(node.get(SVG + name, "")) for name in ("x", "y", "width", "height"))
        if None in (x, y) or not self._width or node.get(DRAW + "transform"):
            return False
        left, top = x or 0.0, y or 0.0
        return left + (width or 0.0) <= 0 or top + (height or 0.0) <= 0 or left >= self._width or top >= self._height


def _page_size(parts: Parts) -> tuple[float, float]:
    """Width and height of the slides in points, 0 if unknown."""
    layouts = {page.get(STYLE + "name"): page for page in parts.named(STYLE + "page-layout")}
    for master in parts.master_pages():
        layout = layouts.get(master.get(STYLE + "page-layout-name"))
        found = layout.find(STYLE + "page-layout-properties") if layout is not None else None
        if found is not None:
            width, height = (_length(found.get(FO + name, "")) for name in ("page-width", "page-height"))
            return width or 0.0, height or 0.0
    return 0.0, 0.0


def _length(text: str) -> float | None:
    """A length in points."""
    found = _LENGTH.match(text)
    return float(found[1]) * _POINTS[found[2]] if found else None
