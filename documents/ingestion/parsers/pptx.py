"""PPTX straight from its XML: a page per slide with its title, text, tables, diagrams and speaker notes.

Not through `unstructured`, which guesses titles from sentences instead of reading which box is the title.
Hidden slides are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.attaching import attach_embedded
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_line
from documents.ingestion.parsers.docx_styles import numeral
from documents.ingestion.parsers.drawings import add_charts, add_diagrams, alternative_texts, paragraph
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.ooxml import MC, A, P, Package, R, Relation, opened
from documents.ingestion.parsers.trees import nearest
from documents.ingestion.types import ParsedDocument

VERSION = "4"
_POINTS_PER_UNIT = 1 / 12_700  # English metric units
_TITLES = ("title", "ctrTitle")
_FRAME = ("dt", "ftr", "sldNum", "hdr")
_BODIES = ("body", "obj", "")
_SHAPES = (P + "sp", P + "graphicFrame", P + "pic")
_GROUPS = (P + "grpSp", MC + "AlternateContent", MC + "Choice")
_NUMBER_OF_SLIDE = re.compile(r"^(?:\d+|[<‹](?:#|number)[>›])$")
_NUMBERING = {"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter"}
_NUMBERING |= {"romanLc": "lowerRoman", "romanUc": "upperRoman"}


def parse(source: Source) -> ParsedDocument:
    """Read a PPTX file. Raises DamagedFile."""
    draft = Draft(source.limits)
    with opened(source.path) as package:
        name = package.main_part()
        root = package.part(name)
        if root is None:
            raise DamagedFile
        relations = package.relations(name)
        size = root.find(P + "sldSz")
        width, height = (_points(size, side) for side in ("cx", "cy"))
        hidden = 0
        deck = _Deck(draft, package, _authors(package, relations.values()), width, height)
        for item in root.iterfind(f"{P}sldIdLst/{P}sldId"):
            relation = relations.get(item.get(R + "id", ""))
            slide = package.part(relation.target) if relation else None
            if relation is None or slide is None:
                continue
            number = draft.start_page(width=width, height=height)
            if slide.get("show") == "0":
                hidden += 1
            else:
                _Slide(deck, relation.target, first=number == 1).read(slide)
                attach_embedded(draft, package, relation.target)
        if hidden:
            draft.warn(f"Hidden slides were left out: {hidden}.")
        title = package.title()
    if title.lower() in ("powerpoint presentation", "powerpoint-präsentation", "présentation powerpoint"):
        title = ""
    return draft.finish(title=title or draft.first_heading(), parser="pptx", version=VERSION)


def _points(size: Any, side: str) -> float:
    text = size.get(side, "0") if size is not None else "0"
    return int(text) * _POINTS_PER_UNIT if text.isdecimal() and len(text) < 12 else 0.0


@dataclass(slots=True)
class _Deck:
    """What all slides share. Sizes in points."""

    draft: Draft
    package: Package
    authors: dict[str, str]
    width: float
    height: float
    told: set[str] = field(default_factory=set)  # what repeats from slide to slide is written once


class _Slide:
    def __init__(self, deck: _Deck, name: str, *, first: bool) -> None:
        self._deck = deck
        self._draft = deck.draft
        self._package = deck.package
        self._relations = deck.package.relations(name)
        self._first = first

    def read(self, slide: Any) -> None:
        """Write a slide: its title first, then the rest as it was built, then notes and comments."""
        shapes = list(_shapes(slide.find(f"{P}cSld/{P}spTree")))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for shape in titles:
            text = plain_line(" ".join(paragraph(p) for p in shape.iter(A + "p")))
            if self._first and shape is titles[0]:
                self._draft.add("title", text)
            else:
                self._draft.add("heading", text, level=1)
        for shape in shapes:
            if self._is_off(shape):
                self._draft.hide(" ".join(paragraph(p) for p in shape.iter(A + "p")))
            elif _placeholder(shape) in _FRAME:
                self._repeated(shape)
            elif _placeholder(shape) not in _TITLES:
                self._shape(shape)
        self._beside()

    def _beside(self) -> None:
        """Write the notes and comments of the slide, and what its layout prints."""
        for relation in self._relations.values():
            root = self._package.part(relation.target) if relation.kind in ("notesSlide", "comments") else None
            if relation.kind == "notesSlide":
                self._notes(root)
            elif root is not None:
                self._comments(root)
            elif relation.kind == "slideLayout":
                self._around(relation.target)

    def _around(self, layout: str) -> None:
        """Write what the layout and its master print on every slide that uses them."""
        masters = [r.target for r in self._package.relations(layout).values() if r.kind == "slideMaster"]
        for name in (layout, *masters):
            if name in self._deck.told:
                continue
            self._deck.told.add(name)
            root = self._package.part(name)
            for shape in _shapes(root.find(f"{P}cSld/{P}spTree")) if root is not None else ():
                if _placeholder(shape) is None:
                    self._repeated(shape)

    def _repeated(self, shape: Any) -> None:
        """Write text that stands on many slides, once. Numbers of slides and dates of today are nothing to read."""
        if next(shape.iter(A + "fld"), None) is not None:
            return
        text = plain_block("\n".join(paragraph(p) for p in shape.iter(A + "p")))
        if sum(map(str.isalnum, text)) > 2 and text not in self._deck.told:
            self._deck.told.add(text)
            self._draft.add("running", text)

    def _is_off(self, shape: Any) -> bool:
        """Whether a shape lies wholly beside the slide. Those in groups have coordinates of their own."""
        if shape.getparent().tag != P + "spTree" or not self._deck.width:
            return False
        place, size = shape.find(f"{P}spPr/{A}xfrm/{A}off"), shape.find(f"{P}spPr/{A}xfrm/{A}ext")
        if place is None or size is None:
            return False
        try:
            x, y, w, h = (int(n) * _POINTS_PER_UNIT for n in (*place.values()[:2], *size.values()[:2]))
        except ValueError:
            return False
        return x + w <= 0 or y + h <= 0 or x >= self._deck.width or y >= self._deck.height

    def _shape(self, shape: Any) -> None:
        if shape.tag == P + "graphicFrame":
            for table in shape.iter(A + "tbl"):
                self._table(table)
            add_charts(self._draft, self._package, self._relations, shape)
            add_diagrams(self._draft, self._package, self._relations, shape)
        for text in alternative_texts(shape):
            self._draft.add("caption", text)
        body = shape.find(P + "txBody")
        if body is not None:
            self._text(body, listed=_placeholder(shape) in _BODIES)

    def _text(self, body: Any, *, listed: bool) -> None:
        counts: dict[int, int] = {}
        for part in body.iterfind(A + "p"):
            look = part.find(A + "pPr")
            depth = int(look.get("lvl", "0")) if look is not None and look.get("lvl", "0").isdecimal() else 0
            bare = look is not None and look.find(A + "buNone") is not None
            numbered = look.find(A + "buAutoNum") if look is not None else None
            marked = numbered is not None or (look is not None and look.find(A + "buChar") is not None)
            text = plain_block(paragraph(part))
            counts = {level: count for level, count in counts.items() if level < depth + (numbered is not None)}
            if text and numbered is not None:
                start = numbered.get("startAt", "1")
                counts[depth] = counts.get(depth, int(start) - 1 if start.isdecimal() else 0) + 1
                text = f"{_label(counts[depth], numbered.get('type', ''))} {text}"
            self._draft.add("list_item" if marked or (listed and not bare) else "paragraph", text)

    def _table(self, table: Any) -> None:
        rows: list[list[str]] = []
        for row in table.iterfind(A + "tr"):
            cells: list[str] = []
            for cell in row.iterfind(A + "tc"):
                if cell.get("vMerge") in ("1", "true") and rows and len(cells) < len(rows[-1]):
                    cells.append(rows[-1][len(cells)])
                else:
                    cells.append(_cell(cell))
            rows.append(cells)
        look = table.find(A + "tblPr")
        named = look is not None and look.get("firstRow") in ("1", "true")
        add_grid(self._draft, rows, header_rows=1 if named and len(rows) > 1 else None)

    def _comments(self, root: Any) -> None:
        """Comments and the answers to them, of both of PowerPoint's kinds."""
        for comment in root.iter("{*}cm", "{*}reply"):
            author = self._deck.authors.get(comment.get("authorId", ""), "")
            body = comment.find("{*}txBody")
            text = comment.findtext("{*}text") or ""
            if body is not None:
                text = "\n".join(paragraph(p) for p in body.iter(A + "p"))
            if text.strip():
                self._draft.add("note", plain_block(f"Comment by {author}: {text}" if author else f"Comment: {text}"))

    def _notes(self, notes: Any) -> None:
        for shape in _shapes(notes.find(f"{P}cSld/{P}spTree") if notes is not None else None):
            kind = _placeholder(shape)
            if kind == "body" or kind is None:
                text = plain_block("\n".join(paragraph(p) for p in shape.iter(A + "p")))
                if not _NUMBER_OF_SLIDE.match(text):
                    self._draft.add("note", text)
            elif kind in _FRAME:
                self._repeated(shape)


def _authors(package: Package, relations: Iterable[Relation]) -> dict[str, str]:
    """Who wrote comments, by the number that comments name them by."""
    roots = [package.part(r.target) for r in relations if r.kind in ("commentAuthors", "authors")]
    return {item.get("id", ""): plain_line(item.get("name", "")) for root in roots if root is not None for item in root}


def _label(number: int, kind: str) -> str:
    """The number before an item: `kind` as in "arabicPeriod" or "alphaLcParenBoth"."""
    form = next((form for name, form in _NUMBERING.items() if kind.startswith(name)), "decimal")
    text = numeral(number, form)
    return f"({text})" if kind.endswith("ParenBoth") else f"{text})" if kind.endswith("ParenR") else f"{text}."


def _shapes(tree: Any) -> Iterator[Any]:
    """Text boxes and frames in order, groups opened, hidden ones left out."""
    shapes = nearest(tree if tree is not None else (), _SHAPES, through=_GROUPS)
    return (shape for shape in shapes if not _is_hidden(shape))


def _is_hidden(shape: Any) -> bool:
    return any(item.get("hidden") in ("1", "true") for item in shape.iterfind(f"*/{P}cNvPr"))


def _placeholder(shape: Any) -> str | None:
    """The type of placeholder a shape fills, "" for one without a type, None for a free shape."""
    found = shape.find(f"*/{P}nvPr/{P}ph")
    return None if found is None else str(found.get("type", ""))


def _cell(cell: Any) -> str:
    return plain_line(" ".join(paragraph(part) for part in cell.iter(A + "p")))
