"""DOCX straight from its XML: headings, numbered clauses, lists, tables, text boxes, notes.

Not through `unstructured`, which loses heading levels, the numbers of clauses and the column names of tables,
and takes three seconds to start. Deleted and hidden text is left out; inserted text is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.attaching import attach_embedded
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.docx_notes import Notes
from documents.ingestion.parsers.docx_signs import form_value, symbol
from documents.ingestion.parsers.docx_styles import Numbering, Styles
from documents.ingestion.parsers.drawings import add_charts, add_diagrams, alternative_texts
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.equations import latex
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.html import add_html
from documents.ingestion.parsers.indices import lowered, raised
from documents.ingestion.parsers.ooxml import MC, M, Package, R, W, opened
from documents.ingestion.parsers.trees import nearest
from documents.ingestion.types import ParsedDocument

VERSION = "4"
_PASSED_THROUGH = frozenset(W + name for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_LEFT_OUT = frozenset(
    (W + "del", W + "moveFrom", W + "instrText", W + "rt", W + "txbxContent", W + "pPr", MC + "Fallback")
)
_TICKED = str.maketrans({"☑": "[x]", "☒": "[x]", "☐": "[ ]"})
_BREAKS = {W + "tab": " ", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-", W + "ptab": " "}


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
        for kind, tag in (("footnotes", "footnote"), ("endnotes", "endnote"), ("comments", "comment")):
            reader.notes.add(tag, _part(package, parts, kind), reader.paragraphs)
        reader.read(body)
        reader.finish()
        attach_embedded(draft, package, name)
        title = package.title()
    return draft.finish(title=title or draft.first_heading(), parser="docx", version=VERSION)


def _part(package: Package, parts: dict[str, str], kind: str) -> Any:
    return package.part(parts[kind]) if kind in parts else None


def _nearest(container: Any, *names: str) -> Iterator[Any]:
    """The elements of these names in order, through content controls and the like."""
    return nearest(container, {W + name for name in names}, through=_PASSED_THROUGH)


class _Reader:
    def __init__(self, draft: Draft, package: Package, name: str, styles: Styles, numbering: Numbering) -> None:
        self._draft = draft
        self._package = package
        self._relations = package.relations(name)
        self._styles = styles
        self._numbering = numbering
        self._code: list[str] = []
        self.notes = Notes()

    def read(self, container: Any) -> None:
        """Write everything in `container`."""
        for node in _nearest(container, "p", "tbl", "altChunk"):
            if node.tag == W + "p":
                self._paragraph(node)
            elif node.tag == W + "tbl":
                self._end_code()
                self._table(node)
            else:
                self._end_code()
                self._other_file(node)
        self._end_code()

    def paragraphs(self, container: Any) -> str:
        """The text of all paragraphs in a note, page header or the like."""
        return plain_block("\n".join(self._text(node) for node in _paragraphs(container)))

    def finish(self) -> None:
        """Write what stands beside the text: notes nobody referred to, headers and footers of the pages."""
        for text in self.notes.left():
            self._draft.add("note", text)
        frame: dict[str, str] = {}
        for relation in self._relations.values():
            root = self._package.part(relation.target) if relation.kind in ("header", "footer") else None
            if root is None:
                continue
            marks = [mark.get("string", "") for mark in root.iter("{urn:schemas-microsoft-com:vml}textpath")]
            text = plain_block("\n".join((self.paragraphs(root), *marks)))
            if sum(map(str.isalpha, text)) > 2:
                frame.setdefault(text.casefold(), text)
        for text in frame.values():
            self._draft.add("running", text)

    def _other_file(self, node: Any) -> None:
        """A web page that was put into the document as it was."""
        relation = self._relations.get(node.get(R + "id", ""))
        raw = self._package.read(relation.target) if relation else b""
        if b"<html" in raw[:2000].lower():
            add_html(self._draft, decode(raw))

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
        self._beside(node)
        for box in node.iter(W + "txbxContent"):
            if next(box.iterancestors(MC + "Fallback"), None) is None:
                self.read(box)

    def _beside(self, node: Any) -> None:
        """Write the charts, diagrams and descriptions of pictures in a paragraph or table, and its notes."""
        if node.find(f".//{W}drawing") is not None:
            add_charts(self._draft, self._package, self._relations, node)
            add_diagrams(self._draft, self._package, self._relations, node)
            for words in alternative_texts(node):
                self._draft.add("caption", words)
        for note in self.notes.at(node):
            self._draft.add("note", note)

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
                self._draft.hide("".join(text.text or "" for text in node.iter(W + "t")))
                walk.skip_subtree()
            elif node.tag == W + "r" and (moved := self._raised(node, parts)) is not None:
                parts.append(moved)
                walk.skip_subtree()
            elif node.tag == M + "oMath":
                parts.append(latex(node))
                walk.skip_subtree()
            elif node.tag == W + "t":
                parts.append((node.text or "").translate(_TICKED))
            elif node.tag == W + "sym":
                parts.append(symbol(node.get(W + "font", ""), node.get(W + "char", "")))
            elif node.tag == W + "ffData":
                parts.append(form_value(node))
                walk.skip_subtree()
            elif node.tag in _BREAKS and node.getparent().tag == W + "r":
                parts.append(_BREAKS[node.tag])
        return "".join(parts)

    def _raised(self, run: Any, before: list[str]) -> str | None:
        """The text of a run that is set higher or lower; None for others."""
        place = run.find(f"{W}rPr/{W}vertAlign")
        where = place.get(W + "val", "") if place is not None else ""
        if where not in ("superscript", "subscript") or any(part.tag not in (W + "rPr", W + "t") for part in run):
            return None
        text = "".join(part.text or "" for part in run.iter(W + "t"))
        return raised(text, before) if where == "superscript" else lowered(text)

    def _table(self, table: Any) -> None:
        rows: list[list[str]] = []
        above: dict[int, str] = {}
        header_rows = 0
        for row in _nearest(table, "tr"):
            cells, column = [], 0
            for cell in _nearest(row, "tc"):
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
            for row in _nearest(table, "tr"):  # a box around text
                for cell in _nearest(row, "tc"):
                    self.read(cell)
        else:
            add_grid(self._draft, rows, header_rows=header_rows or None)
            self._beside(table)

    def _cell_text(self, cell: Any) -> str:
        return plain_line(" ".join(f"{self._number(node)} {self._text(node)}" for node in _paragraphs(cell)))

    def _number(self, paragraph: Any) -> str:
        """The number before a paragraph of a list in a cell."""
        look = self._styles.look(paragraph)
        return (self._numbering.label(paragraph, look) or "") if look.listed else ""


def _paragraphs(container: Any) -> Iterator[Any]:
    """All paragraphs below, those of text boxes too, each text box once."""
    for node in container.iter(W + "p"):
        if next(node.iterancestors(MC + "Fallback", W + "del", W + "moveFrom"), None) is None:
            yield node


def _spans(cell: Any) -> tuple[int, str]:
    """How many columns a cell covers, and "restart" or "continue" where it is joined to others below or above."""
    span = cell.find(f"{W}tcPr/{W}gridSpan")
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    width = span.get(W + "val", "1") if span is not None else "1"
    joined = "" if merge is None else merge.get(W + "val", "continue")
    return (min(100, max(1, int(width))) if width.isdecimal() and len(width) < 5 else 1), joined
