"""PPTX straight from its XML: a page per slide with its title, text, tables, diagrams and speaker notes.

Not through `unstructured`, which guesses titles from sentences instead of reading which box is the title.
Hidden slides are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_line
from documents.ingestion.parsers.charts import add_charts
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.ooxml import MC, A, P, Package, R, opened
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_POINTS_PER_UNIT = 1 / 12_700  # English metric units
_TITLES = ("title", "ctrTitle")
_FRAME = ("dt", "ftr", "sldNum", "hdr")
_BODIES = ("body", "obj", "")
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"


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
        for item in root.iterfind(f"{P}sldIdLst/{P}sldId"):
            relation = relations.get(item.get(R + "id", ""))
            slide = package.part(relation.target) if relation else None
            if relation is None or slide is None:
                continue
            number = draft.start_page(width=width, height=height)
            if slide.get("show") == "0":
                hidden += 1
            else:
                _Slide(draft, package, relation.target, first=number == 1).read(slide)
        if hidden:
            draft.warn(f"Hidden slides were left out: {hidden}.")
        title = package.title()
    if title.lower() in ("powerpoint presentation", "powerpoint-präsentation", "présentation powerpoint"):
        title = ""
    return draft.finish(title=title or draft.first_heading(), parser="pptx", version=VERSION)


def _points(size: Any, side: str) -> float:
    text = size.get(side, "0") if size is not None else "0"
    return int(text) * _POINTS_PER_UNIT if text.isdecimal() and len(text) < 12 else 0.0


class _Slide:
    def __init__(self, draft: Draft, package: Package, name: str, *, first: bool) -> None:
        self._draft = draft
        self._package = package
        self._relations = package.relations(name)
        self._first = first

    def read(self, slide: Any) -> None:
        """Write a slide: its title first, then the rest as it was built, then the notes."""
        shapes = list(_shapes(slide.find(f"{P}cSld/{P}spTree")))
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for shape in titles:
            text = plain_line(" ".join(_paragraph(p) for p in shape.iter(A + "p")))
            if self._first and shape is titles[0]:
                self._draft.add("title", text)
            else:
                self._draft.add("heading", text, level=1)
        for shape in shapes:
            if _placeholder(shape) not in (*_TITLES, *_FRAME):
                self._shape(shape)
        for relation in self._relations.values():
            if relation.kind == "notesSlide":
                self._notes(self._package.part(relation.target))

    def _shape(self, shape: Any) -> None:
        if shape.tag == P + "graphicFrame":
            for table in shape.iter(A + "tbl"):
                rows = [[_cell(cell) for cell in row.iterfind(A + "tc")] for row in table.iterfind(A + "tr")]
                look = table.find(A + "tblPr")
                named = look is not None and look.get("firstRow") in ("1", "true")
                add_grid(self._draft, rows, header_rows=1 if named and len(rows) > 1 else None)
            add_charts(self._draft, self._package, self._relations, shape)
            for diagram in shape.iter(_DIAGRAM):
                self._diagram(diagram.get(R + "dm", ""))
            return
        body = shape.find(P + "txBody")
        if body is None:
            return
        listed = _placeholder(shape) in _BODIES
        for paragraph in body.iterfind(A + "p"):
            look = paragraph.find(A + "pPr")
            bare = look is not None and look.find(A + "buNone") is not None
            marked = look is not None and any(look.find(A + mark) is not None for mark in ("buChar", "buAutoNum"))
            text = plain_block(_paragraph(paragraph))
            self._draft.add("list_item" if marked or (listed and not bare) else "paragraph", text)

    def _diagram(self, relation: str) -> None:
        found = self._relations.get(relation)
        root = self._package.part(found.target) if found else None
        for paragraph in root.iter(A + "p") if root is not None else ():
            self._draft.add("list_item", plain_block(_paragraph(paragraph)))

    def _notes(self, notes: Any) -> None:
        for shape in _shapes(notes.find(f"{P}cSld/{P}spTree") if notes is not None else None):
            if _placeholder(shape) == "body":
                text = "\n".join(_paragraph(paragraph) for paragraph in shape.iter(A + "p"))
                self._draft.add("note", plain_block(text))


def _shapes(tree: Any) -> Iterator[Any]:
    """Text boxes and frames in order, groups opened, hidden ones left out."""
    waiting = list(reversed(tree)) if tree is not None else []
    while waiting:
        node = waiting.pop()
        if node.tag in (P + "grpSp", MC + "AlternateContent", MC + "Choice"):
            waiting += reversed(node)
        elif node.tag in (P + "sp", P + "graphicFrame") and not _is_hidden(node):
            yield node


def _is_hidden(shape: Any) -> bool:
    return any(item.get("hidden") in ("1", "true") for item in shape.iterfind(f"*/{P}cNvPr"))


def _placeholder(shape: Any) -> str | None:
    """The type of placeholder a shape fills, "" for one without a type, None for a free shape."""
    found = shape.find(f"*/{P}nvPr/{P}ph")
    return None if found is None else str(found.get("type", ""))


def _cell(cell: Any) -> str:
    return plain_line(" ".join(_paragraph(paragraph) for paragraph in cell.iter(A + "p")))


def _paragraph(paragraph: Any) -> str:
    parts: list[str] = []
    for node in paragraph.iter(A + "t", A + "br", A + "tab"):
        parts.append(node.text or "" if node.tag == A + "t" else "\n" if node.tag == A + "br" else " ")
    return "".join(parts)
