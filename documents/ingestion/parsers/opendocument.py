"""OpenDocument straight from its XML: texts with headings, numbered lists, tables, boxes, notes and page heads.

Not through `unstructured`, which knows only texts and, with pandoc, loses their page heads, boxes, charts and
comments; nor through LibreOffice, which need not be installed. Deleted and hidden text is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.odf_lists import Numbering
from documents.ingestion.parsers.odf_parts import (
    DRAW,
    OFFICE,
    STYLE,
    SVG,
    TABLE,
    TEXT,
    XLINK,
    Parts,
    count,
    grow,
    opened,
    words,
)
from documents.ingestion.parsers.trees import nearest
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_OPENED = frozenset(
    (TEXT + "section", TEXT + "index-body", TEXT + "bibliography", TEXT + "alphabetical-index", DRAW + "a")
)
_ROW_GROUPS = frozenset(TABLE + name for name in ("table-header-rows", "table-rows", "table-row-group"))
_HEADS = ("header", "header-left", "header-first", "footer", "footer-left", "footer-first")
_FIELDS = frozenset(
    TEXT + name for name in "page-number page-count sheet-name file-name date time page-continuation".split()
)
_FEWEST_WORDS = 2


def parse_text(source: Source) -> ParsedDocument:
    """Read an ODT file. Raises DamagedFile."""
    draft = Draft(source.limits)
    with opened(source.path) as parts:
        reader = Reader(draft, parts)
        reader.read(parts.body("text"))
        add_page_heads(draft, parts)
        title = parts.title()
    return draft.finish(title=title or draft.first_heading(), parser="odt", version=VERSION)


class Reader:
    """Writes paragraphs, lists, tables and what is drawn among them."""

    def __init__(self, draft: Draft, parts: Parts) -> None:
        self._draft = draft
        self._parts = parts
        self._styles = parts.styles
        self._numbering = Numbering(parts)
        self._code: list[str] = []

    def read(self, container: Any, *, listed: bool = False) -> None:
        """Write everything in `container`; `listed` paragraphs are items of a list."""
        lists: list[str] = []  # the styles of the lists around
        waiting: list[tuple[Any, bool, str]] = [(node, False, "") for node in reversed(container)]
        label = ""
        while waiting:
            node, leaving, given = waiting.pop()
            if leaving:
                lists.pop()
            elif node.tag == TEXT + "list":
                style = node.get(TEXT + "style-name", "") or (lists[-1] if lists else "")
                self._numbering.begin(style, len(lists), node)
                lists.append(style)
                waiting.append((node, True, ""))
                waiting += [(item, False, "") for item in reversed(node)]
            elif node.tag in (TEXT + "list-item", TEXT + "list-header"):
                numbered = node.tag == TEXT + "list-item" and len(node) and node[0].tag != TEXT + "list"
                label = self._numbering.next(lists[-1], len(lists) - 1, node) if numbered and lists else ""
                waiting += [(inner, False, label if not at else "") for at, inner in reversed(list(enumerate(node)))]
            elif node.tag in (TEXT + "p", TEXT + "h"):
                self._paragraph(node, label=given, listed=listed or bool(lists))
            elif node.tag == TABLE + "table":
                self.table(node)
            elif node.tag in _OPENED:
                if node.get(TEXT + "display") != "none":
                    waiting += [(inner, False, "") for inner in reversed(node)]
                else:
                    self._draft.hide(" ".join(node.itertext()))
            elif isinstance(node.tag, str) and node.tag.startswith(DRAW):
                self.drawing(node)
        self._end_code()

    def _paragraph(self, node: Any, *, label: str, listed: bool) -> None:
        text, beside = self._words(node)
        look = self._styles.look(node)
        if look.kind == "code":
            self._code.append(plain_code(text))
        else:
            self._end_code()
            if look.kind in ("heading", "title"):
                number = self._numbering.heading(node) if look.kind == "heading" and text.strip() else ""
                self._draft.add(look.kind, plain_line(f"{number or label} {text}"), level=look.level)
            elif listed and look.kind == "paragraph":
                self._draft.add("list_item", plain_block(f"{label} {text}"))
            else:
                self._draft.add(look.kind, plain_block(f"{label} {text}"))
        self._beside(beside)

    def _words(self, node: Any) -> tuple[str, list[Any]]:
        text, beside, hidden = words(node, self._styles)
        self._draft.hide(hidden)
        return text, beside

    def _end_code(self) -> None:
        self._draft.add("code", "\n".join(self._code))
        self._code = []

    def _beside(self, nodes: list[Any]) -> None:
        for node in nodes:
            if node.tag == OFFICE + "annotation":
                self.comment(node)
            elif node.tag == TEXT + "note":
                self._draft.add("note", self.text_of(node.find(TEXT + "note-body")))
            else:
                self.drawing(node)

    def comment(self, node: Any, *, place: str = "") -> None:
        """Write a comment with its author, and the cell it belongs to."""
        author = plain_line(node.findtext("{http://purl.org/dc/elements/1.1/}creator") or "")
        said = f"comment by {author}" if author else "comment"
        text = self.text_of(node)
        if text:
            self._draft.add("note", f"{place}, {said}: {text}" if place else f"C{said[1:]}: {text}")

    def text_of(self, container: Any) -> str:
        """The text of all paragraphs in a note, comment, page head or the like."""
        if container is None:
            return ""
        paragraphs = container.iter(TEXT + "p", TEXT + "h")
        return plain_block("\n".join(self._words(node)[0] for node in paragraphs))

    def drawing(self, node: Any, *, listed: bool = False) -> None:
        """Write what a frame, shape or group holds: text boxes, tables, charts, what describes a picture.

        The paragraphs of `listed` drawings are items of a list.
        """
        waiting = [node]
        while waiting:
            item = waiting.pop()
            if not isinstance(item.tag, str):
                continue
            if item.tag in (DRAW + "g", DRAW + "a", DRAW + "frame"):
                waiting += reversed(item)
                if item.tag != DRAW + "a":
                    self._described(item)
            elif item.tag == DRAW + "text-box":
                self.read(item, listed=listed)
            elif item.tag == TABLE + "table":
                self.table(item)
            elif item.tag == DRAW + "object":
                self._object(item)
            elif item.tag.startswith(DRAW) and item.tag not in (DRAW + "image", DRAW + "object-ole"):
                self.read(item)
                self._described(item)

    def _described(self, node: Any) -> None:
        text = plain_line(" ".join(filter(None, (node.findtext(SVG + "title"), node.findtext(SVG + "desc")))))
        if len(text.split()) >= _FEWEST_WORDS:
            self._draft.add("caption", text)

    def _object(self, node: Any) -> None:
        """A chart as its figures, a formula as it was typed, a sheet as its cells."""
        root = self._parts.object(node.get(XLINK + "href", ""))
        if root is None and len(node):
            root = node
        if root is None:
            return
        chart = "{urn:oasis:names:tc:opendocument:xmlns:chart:1.0}"
        for title in root.iter(chart + "title", chart + "subtitle"):
            self._draft.add("caption", self.text_of(title))
        for table in root.iter(TABLE + "table"):
            self.table(table, header_rows=1 if root.find(f".//{chart}chart") is not None else None)
        for note in root.iter("{http://www.w3.org/1998/Math/MathML}annotation"):
            self._draft.add("paragraph", plain_block(note.text or ""))

    def table(self, table: Any, *, header_rows: int | None = None) -> None:
        """Write a table; one row or column is a box around text."""
        beside: list[Any] = []
        rows: list[list[str]] = []
        above: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, text
        first_rows = 0
        nodes = list(table_rows(table))
        if len(nodes) < 2 or max(sum(1 for _ in row_cells(row)) for row in nodes) < 2:
            for row in nodes:
                for cell in row_cells(row):
                    self.read(cell)
            return
        for row in nodes:
            if row.getparent().tag == TABLE + "table-header-rows" and first_rows == len(rows):
                first_rows += 1
            rows.append(self._row(row, above, beside))
            grow(rows, count(row, TABLE + "number-rows-repeated") - 1, self._draft.limits.cells)
        if table.get(TABLE + "use-first-row-styles") == "true":
            first_rows = first_rows or 1
        add_grid(self._draft, rows, header_rows=header_rows or first_rows or None)
        self._beside(beside)

    def _row(self, row: Any, above: dict[int, tuple[int, str]], beside: list[Any]) -> list[str]:
        """A row's texts; a cell joined over several rows says the same in each."""
        texts: list[str] = []
        for cell in row_cells(row):
            at = len(texts)
            if cell.tag == TABLE + "covered-table-cell":
                left, text = above.pop(at, (0, ""))
                if left > 1:
                    above[at] = left - 1, text
            else:
                text = self._cell(cell, beside)
                down = count(cell, TABLE + "number-rows-spanned")
                if down > 1:
                    above[at] = down - 1, text
            texts += [text] * min(500, count(cell, TABLE + "number-columns-repeated"))
        return texts

    def _cell(self, cell: Any, beside: list[Any]) -> str:
        texts = []
        walk = etree.iterwalk(cell, events=("start",))
        for _, node in walk:
            if node.tag in (TEXT + "p", TEXT + "h"):
                text, found = self._words(node)
                texts.append(text)
                beside += found
                walk.skip_subtree()
            elif node.tag == OFFICE + "annotation" or node.tag.startswith(DRAW):
                beside.append(node)
                walk.skip_subtree()
        return plain_line(" ".join(texts))


def table_rows(table: Any) -> Iterator[Any]:
    """A table's rows, those of its groups too, not those of tables in its cells."""
    return nearest(table, {TABLE + "table-row"}, through=_ROW_GROUPS)


def row_cells(row: Any) -> Iterator[Any]:
    """A row's cells, those that others cover too."""
    return (node for node in row if node.tag in (TABLE + "table-cell", TABLE + "covered-table-cell"))


def add_page_heads(draft: Draft, parts: Parts) -> None:
    """Write once what the heads and feet of pages say, without page numbers and the like."""
    told: dict[str, str] = {}
    for page in parts.master_pages():
        for name in _HEADS:
            head = page.find(STYLE + name)
            if head is None or head.get(STYLE + "display") == "false":
                continue
            lines = []
            for paragraph in head.iter(TEXT + "p", TEXT + "h"):
                has_field = any(field.tag in _FIELDS for field in paragraph.iter())
                text = plain_line(words(paragraph, parts.styles, without=_FIELDS)[0])
                said = [word for word in text.split() if any(map(str.isalpha, word))]
                if len(said) >= (_FEWEST_WORDS if has_field else 1) and sum(map(str.isalpha, text)) > 2:
                    lines.append(text)
            text = "\n".join(lines)
            if text:
                told.setdefault(text.casefold(), text)
    for text in told.values():
        draft.add("running", text)
