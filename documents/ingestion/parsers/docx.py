"""DOCX straight from its XML: headings, numbered clauses, lists, tables, text boxes, notes.

Not through `unstructured`, which loses heading levels, the numbers of clauses and the column names of tables,
and takes three seconds to start. Deleted and hidden text is left out; inserted text is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.charts import add_charts
from documents.ingestion.parsers.docx_styles import Numbering, Styles
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.html import HIDDEN_TEXT
from documents.ingestion.parsers.ooxml import MC, M, Package, W, opened
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_PASSED_THROUGH = frozenset(W + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_LEFT_OUT = frozenset(
    (W + "del", W + "moveFrom", W + "instrText", W + "rt", W + "txbxContent", W + "pPr", MC + "Fallback")
)
_BREAKS = {W + "tab": " ", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-", W + "ptab": " "}
_TEXT = frozenset((W + "t", M + "t"))


def parse(source: Source) -> ParsedDocument:
    """Read a DOCX file. Raises DamagedFile."""
    draft = Draft(source.limits)
    with opened(source.path) as package:
        name = package.main_part()
        root = package.part(name)
        body = root.find(W + "body") if root is not None else None
        if body is None:
            raise DamagedFile
        parts = {relation.kind: relation.target for relation in package.relations(name).values()}
        styles = Styles(_part(package, parts, "styles"))
        reader = _Reader(draft, package, name, styles, Numbering(_part(package, parts, "numbering")))
        reader.read(body)
        for kind in ("footnotes", "endnotes"):
            reader.read_notes(_part(package, parts, kind))
        title = package.title()
    return draft.finish(title=title or draft.first_heading(), parser="docx", version=VERSION)


def _part(package: Package, parts: dict[str, str], kind: str) -> Any:
    return package.part(parts[kind]) if kind in parts else None


def _blocks(container: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, through content controls and the like. Not into tables."""
    waiting = list(reversed(container))
    while waiting:
        node = waiting.pop()
        if node.tag in (W + "p", W + "tbl"):
            yield node
        elif node.tag in _PASSED_THROUGH:
            waiting += reversed(node)


class _Reader:
    def __init__(self, draft: Draft, package: Package, name: str, styles: Styles, numbering: Numbering) -> None:
        self._draft = draft
        self._package = package
        self._relations = package.relations(name)
        self._styles = styles
        self._numbering = numbering
        self._code: list[str] = []

    def read(self, container: Any) -> None:
        """Write everything in `container`."""
        for node in _blocks(container):
            if node.tag == W + "p":
                self._paragraph(node)
            else:
                self._end_code()
                self._table(node)
        self._end_code()

    def read_notes(self, root: Any) -> None:
        """Write footnotes or endnotes."""
        for note in root if root is not None else ():
            if note.get(W + "type") is None:
                texts = [self._text(node) for node in _blocks(note) if node.tag == W + "p"]
                self._draft.add("note", plain_block("\n".join(texts)))

    def _paragraph(self, node: Any) -> None:
        look = self._styles.look(node)
        if look.contents:
            return
        text = self._text(node)
        if look.kind == "code":
            self._code.append(plain_code(text))
        else:
            self._end_code()
            label = self._numbering.label(node, look) if text.strip() else ""
            if label is not None and look.kind == "paragraph" and look.listed:
                self._draft.add("list_item", plain_block(f"{label} {text}"))
            elif look.kind in ("heading", "title"):
                self._draft.add(look.kind, plain_line(f"{label or ''} {text}"), level=look.level)
            else:
                self._draft.add(look.kind, plain_block(text))
        add_charts(self._draft, self._package, self._relations, node)
        for box in node.iter(W + "txbxContent"):
            if next(box.iterancestors(MC + "Fallback"), None) is None:
                self.read(box)

    def _end_code(self) -> None:
        self._draft.add("code", "\n".join(self._code))
        self._code = []

    def _text(self, paragraph: Any) -> str:
        """What is printed of a paragraph, without its text boxes."""
        parts: list[str] = []
        walk = etree.iterwalk(paragraph, events=("start",))
        for _, node in walk:
            if node.tag in _LEFT_OUT:
                walk.skip_subtree()
            elif node.tag == W + "r" and self._styles.hides(node):
                if any(text.text and text.text.strip() for text in node.iter(W + "t")):
                    self._draft.warn(HIDDEN_TEXT)
                walk.skip_subtree()
            elif node.tag in _TEXT:
                parts.append(node.text or "")
            elif node.tag in _BREAKS and node.getparent().tag == W + "r":
                parts.append(_BREAKS[node.tag])
        return "".join(parts)

    def _table(self, table: Any) -> None:
        rows: list[list[str]] = []
        above: dict[int, str] = {}
        header_rows = 0
        for row in _rows(table):
            cells, column = [], 0
            for cell in _cells(row):
                span, merge = _spans(cell)
                # A cell that continues the one above says the same: the row must be understood alone.
                text = above.get(column, "") if merge == "continue" else self._cell_text(cell)
                above[column] = text if merge else ""
                cells += [text, *[""] * (span - 1)]
                column += span
            if row.find(f"{W}trPr/{W}tblHeader") is not None and header_rows == len(rows):
                header_rows += 1
            rows.append(cells)
        if len(rows) < 2 or max(map(len, rows)) < 2:
            for row in _rows(table):  # a box around text
                for cell in _cells(row):
                    self.read(cell)
        else:
            add_grid(self._draft, rows, header_rows=header_rows or None)

    def _cell_text(self, cell: Any) -> str:
        return plain_line(" ".join(self._text(node) for node in cell.iter(W + "p")))


def _rows(table: Any) -> Iterator[Any]:
    waiting = list(reversed(table))
    while waiting:
        node = waiting.pop()
        if node.tag == W + "tr":
            yield node
        elif node.tag in _PASSED_THROUGH:
            waiting += reversed(node)


def _cells(row: Any) -> Iterator[Any]:
    waiting = list(reversed(row))
    while waiting:
        node = waiting.pop()
        if node.tag == W + "tc":
            yield node
        elif node.tag in _PASSED_THROUGH:
            waiting += reversed(node)


def _spans(cell: Any) -> tuple[int, str]:
    """How many columns a cell covers, and "restart" or "continue" where it is joined to others below or above."""
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    width = span.get(W + "val", "1") if span is not None else "1"
    joined = "" if merge is None else merge.get(W + "val", "continue")
    return (min(100, max(1, int(width))) if width.isdecimal() and len(width) < 5 else 1), joined
