"""XLSX straight from its XML: a page per sheet with its tables as shown, text boxes, charts and comments.

Not through openpyxl, which cannot read strict workbooks, leaves out headers, text boxes, charts and comments, and
makes an object of every cell. Hidden sheets, columns and rows are left out and told; rows that only a filter hides
are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_line
from documents.ingestion.parsers.cells import REFERENCE, Merge, add_sheet, column_number, region
from documents.ingestion.parsers.drawings import add_charts, add_diagrams, add_text_boxes, alternative_texts
from documents.ingestion.parsers.number_formats import general, shown
from documents.ingestion.parsers.ooxml import Package, R, is_true, local_name, opened
from documents.ingestion.parsers.sheet_comments import COMMENT_PARTS, comments, named
from documents.ingestion.parsers.sheet_styles import formats, unseen_styles
from documents.ingestion.types import ParsedDocument

VERSION = "5"
_MOST_COLUMNS = 500
_SHOWN_KEPT = 50_000
_CELL_BYTES = 4  # of the shortest cell
_CODE = re.compile(r'&(?:"[^"]*"|\d+|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|[A-Za-z])')
_SIDE = re.compile(r"&[LCR]")
# The text that a formula shows whatever is calculated: ="Total", HYPERLINK(address, "text").
_WRITTEN = re.compile(r'(?:HYPERLINK\(.+[,;]\s*)?"((?:[^"]|"")*)"\)?', re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class _Sheet:
    """What was read of a sheet's own part: rows of shown cells by column from 0."""

    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    frame: list[str] = field(default_factory=list)  # page headers and footers
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    filtered: bool = False
    unknown: int = 0  # formulas without a stored value
    unseen_here: list[int] = field(default_factory=list)  # columns of the row that is being read
    unseen: list[tuple[int, int]] = field(default_factory=list)  # cells whose style shows nothing
    coloured: list[Merge] = field(default_factory=list)  # where tables and conditions give cells other colours


def parse(source: Source) -> ParsedDocument:
    """Read an XLSX, XLSM or XLTX workbook. Raises DamagedFile or TooLarge."""
    draft = Draft(source.limits)
    with opened(source.path) as package:
        name = package.main_part()
        root = package.part(name)
        if root is None:
            raise DamagedFile
        try:
            _Workbook(draft, package, name, root).read()
        except (ValueError, etree.XMLSyntaxError) as error:
            raise DamagedFile from error
        title = package.title()
    return draft.finish(title=title, parser="xlsx", version=VERSION)


class _Workbook:
    def __init__(self, draft: Draft, package: Package, name: str, root: Any) -> None:
        self._draft = draft
        self._package = package
        self._relations = package.relations(name)
        self._root = root
        properties = root.find("{*}workbookPr")
        calculation = root.find("{*}calcPr")
        # What a program wrote that leaves the figures to the one who opens the file: it stores no values, or zeros.
        self._is_uncalculated = calculation is not None and is_true(calculation.get("fullCalcOnLoad"))
        self._from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        kinds = {relation.kind: relation.target for relation in self._relations.values()}
        styles = package.part(kinds["styles"]) if "styles" in kinds else None
        self._formats = formats(styles)
        self._unseen = unseen_styles(styles, self._formats)
        self._budget = draft.limits.cells
        self._shown: dict[tuple[str, str], str] = {}
        self._strings = list(self._shared(kinds["sharedStrings"])) if "sharedStrings" in kinds else []
        people = (each.target for each in self._relations.values() if each.kind == "person")
        self._people = named(map(package.part, people))

    def read(self) -> None:
        for item in self._root.iterfind("{*}sheets/{*}sheet"):
            label = plain_line(item.get("name", ""))
            if item.get("state", "visible") != "visible":
                self._draft.warn(f"The hidden sheet “{label}” was left out.")
                continue
            relation = self._relations.get(item.get(R + "id", ""))
            if relation is not None and self._package.has(relation.target):
                self._add(label, relation.target)

    def _add(self, label: str, target: str) -> None:
        sheet = self._sheet(target)
        relations = self._package.relations(target)
        started = len(self._draft.elements)
        self._draft.start_page(label=label)
        tables = (self._package.part(each.target) for each in relations.values() if each.kind == "table")
        regions = (region(table.get("ref", "")) for table in tables if table is not None)
        self._drop_unseen(sheet, [*sheet.coloured, *filter(None, regions)])
        add_sheet(self._draft, sheet.rows, sheet.merges)
        for relation in relations.values():
            if relation.kind == "drawing":
                self._drawing(relation.target)
        notes = (self._package.part(each.target) for each in relations.values() if each.kind in COMMENT_PARTS)
        for author, place, text in comments(notes, self._people):
            self._draft.add("note", plain_block(f"{place}, comment by {author}: {text}" if author else text))
        for text in dict.fromkeys(sheet.frame):
            self._draft.add("note", text)
        if len(self._draft.elements) == started:
            self._draft.drop_page()
        if sheet.unknown:
            self._draft.warn(
                f"“{label}” has formulas whose values are not stored; these cells stay empty: {sheet.unknown}."
            )
        if sheet.hidden_columns or sheet.hidden_rows:
            self._draft.warn(f"Hidden rows or columns of “{label}” were left out.")

    def _drop_unseen(self, sheet: _Sheet, coloured: list[Merge]) -> None:
        for at, column in sheet.unseen:
            row = sheet.rows[at]
            if column < len(row) and not any(each.holds(at, column) for each in coloured):
                self._draft.hide(row[column])
                row[column] = ""

    def _drawing(self, target: str) -> None:
        root = self._package.part(target)
        if root is None:
            return
        relations = self._package.relations(target)
        add_text_boxes(self._draft, root)
        add_charts(self._draft, self._package, relations, root)
        add_diagrams(self._draft, self._package, relations, root)
        for text in alternative_texts(root):
            self._draft.add("caption", text)

    def _shared(self, target: str) -> Iterator[str]:
        if self._package.size(target) > self._budget * _CELL_BYTES:
            self._require(self._package.count(target, b"<si>", b"<si ", b"<si/"))
        for item in self._package.stream(target, "si"):
            yield _rich(item)

    def _sheet(self, target: str) -> _Sheet:
        # Counting is twenty times faster than reading: a sheet with too many cells and rows is refused at once.
        if self._package.size(target) > self._budget * _CELL_BYTES:
            self._require(self._package.count(target, b"<c ", b"<c>", b"<c/", b"<row ", b"<row>", b"<row/"))
        sheet = _Sheet()
        tags = ("row", "c", "col", "mergeCell", "autoFilter", "headerFooter", "conditionalFormatting")
        row: list[str] = []
        for node in self._package.stream(target, *tags):
            kind = local_name(node)
            if kind == "c":
                self._spend(1)
                self._cell(sheet, row, node)
            elif kind == "row":
                self._spend(1)
                self._row(sheet, row, node)
                row = []
            else:
                _note(sheet, kind, node)
        if sheet.filtered:
            sheet.hidden_rows.clear()
        self._hide(sheet)
        return sheet

    def _spend(self, cells: int) -> None:
        self._require(cells)
        self._budget -= cells

    def _require(self, cells: int) -> None:
        if cells > self._budget:
            raise TooLarge(f"The workbook has more than {self._draft.limits.cells:,} cells.")

    def _row(self, sheet: _Sheet, row: list[str], node: Any) -> None:
        """Put a row where it says it stands; gaps count only as far as they have to be kept."""
        number = node.get("r", "")
        at = int(number) - 1 if number.isdecimal() and len(number) < 8 else len(sheet.rows)
        if at > len(sheet.rows) + 200_000:
            at = len(sheet.rows) + 2
        if at > len(sheet.rows):
            self._spend((at - len(sheet.rows)) // 8)
            sheet.rows += [[] for _ in range(at - len(sheet.rows))]
        if is_true(node.get("hidden")) and any(row):
            sheet.hidden_rows.add(len(sheet.rows))
        sheet.unseen += [(len(sheet.rows), column) for column in sheet.unseen_here]
        sheet.unseen_here.clear()
        sheet.rows.append(row)

    def _cell(self, sheet: _Sheet, row: list[str], node: Any) -> None:
        place = REFERENCE.match(node.get("r", ""))
        column = column_number(place[1]) if place else len(row)
        if column >= _MOST_COLUMNS:
            self._draft.warn(f"Columns after the first {_MOST_COLUMNS} were left out.")
            return
        text = self._text(sheet, node)
        if text:
            row += [""] * (column - len(row))
            if node.get("s", "0") in self._unseen:
                sheet.unseen_here.append(column)
            row.append(text)

    def _text(self, sheet: _Sheet, node: Any) -> str:
        kind = node.get("t", "n")
        if kind == "inlineStr":
            return plain_line(_rich(node))
        value, formula = _value_and_formula(node)
        if formula is not None and (not value or (value.strip() == "0" and self._is_uncalculated)):
            written = _WRITTEN.fullmatch(formula.strip())
            sheet.unknown += written is None
            return plain_line(written[1].replace('""', '"')) if written else ""
        if not value:
            return ""
        if kind == "s":
            at = int(value)
            return self._strings[at] if at < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind in ("str", "e", "d"):
            return plain_line(value)
        return self._number(value, node.get("s", "0"))

    def _number(self, value: str, style: str) -> str:
        """As the cell shows it; in a long sheet the same dates and amounts come again and again."""
        found = self._shown.get((value, style))
        if found is None:
            found = self._formatted(value, style)
            if len(self._shown) < _SHOWN_KEPT:
                self._shown[value, style] = found
        return found

    def _formatted(self, value: str, style: str) -> str:
        code = self._formats[int(style)] if style.isdecimal() and int(style) < len(self._formats) else "General"
        try:
            number = float(value)
            return general(number) if code == "General" else shown(number, code, from_1904=self._from_1904)
        except (ValueError, OverflowError, ZeroDivisionError):
            return plain_line(value)

    def _hide(self, sheet: _Sheet) -> None:
        """Empty the hidden rows and columns; what hides nothing is forgotten."""
        for at in sheet.hidden_rows:
            sheet.rows[at] = []
        hit = False
        for first, last in sheet.hidden_columns:
            for row in sheet.rows:
                for column in range(first, min(last + 1, len(row))):
                    hit = hit or bool(row[column])
                    row[column] = ""
        if not hit:
            sheet.hidden_columns.clear()


def _value_and_formula(cell: Any) -> tuple[str, str | None]:
    value, formula = "", None
    for child in cell:
        name = str(child.tag)
        if name.endswith("}v"):
            value = child.text or ""
        elif name.endswith("}f"):
            formula = child.text or ""
    return value, formula


def _note(sheet: _Sheet, kind: str, node: Any) -> None:
    """What a sheet says of its cells beside them."""
    if kind == "col" and is_true(node.get("hidden")):
        sheet.hidden_columns.append((int(node.get("min", "1")) - 1, int(node.get("max", "1")) - 1))
    elif kind == "mergeCell":
        merge = region(node.get("ref", ""))
        if merge and len(sheet.merges) < 20_000:
            sheet.merges.append(merge)
    elif kind == "conditionalFormatting":
        sheet.coloured += filter(None, map(region, node.get("sqref", "").split()[:100]))
    elif kind == "autoFilter":
        sheet.filtered = True
    elif kind == "headerFooter":
        sheet.frame += [text for part in node for side in _SIDE.split(part.text or "") if (text := _said(side))]


def _rich(item: Any) -> str:
    """The text of a string in pieces, without the readings above Japanese characters."""
    return plain_line(
        "".join(
            part.text or "" for part in item.iter("{*}t") if local_name(part.getparent()) not in ("rPh", "phoneticPr")
        )
    )


def _said(text: str) -> str:
    """A third of a page header or footer without its codes; "" when it only holds page numbers and the like."""
    bare = plain_line(_CODE.sub(" ", text.replace("&&", "\0")).replace("\0", "&"))
    return bare if sum(map(str.isalpha, bare)) > 2 else ""
