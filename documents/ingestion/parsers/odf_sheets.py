"""OpenDocument sheets: a page per sheet with its tables as shown, comments, charts and text boxes.

Hidden sheets, columns and rows are left out and told; rows that only a filter hides are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from documents.ingestion.errors import TooLarge
from documents.ingestion.parsers.base import Draft, Source, plain_line
from documents.ingestion.parsers.cells import Merge, add_sheet
from documents.ingestion.parsers.odf_parts import DRAW, OFFICE, TABLE, TEXT, Parts, count, opened, words
from documents.ingestion.parsers.opendocument import Reader, add_page_heads, row_cells, table_rows
from documents.ingestion.parsers.trees import nearest
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_MOST_COLUMNS = 500
_MOST_GAP = 200_000
_COLUMN_GROUPS = frozenset(TABLE + name for name in ("table-column-group", "table-columns", "table-header-columns"))
# A date of which day and month could be mixed up.
_AMBIGUOUS = re.compile(r"^\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})\b")


def parse(source: Source) -> ParsedDocument:
    """Read an ODS workbook. Raises DamagedFile or TooLarge."""
    draft = Draft(source.limits)
    with opened(source.path) as parts:
        book = _Workbook(draft, parts)
        for table in parts.body("spreadsheet").iterchildren(TABLE + "table"):
            book.add(table)
        add_page_heads(draft, parts)
        title = parts.title()
    return draft.finish(title=title, parser="ods", version=VERSION)


class _Workbook:
    def __init__(self, draft: Draft, parts: Parts) -> None:
        self._draft = draft
        self._parts = parts
        self._budget = draft.limits.cells

    def add(self, table: Any) -> None:
        """Write a sheet, unless it is hidden."""
        label = plain_line(table.get(TABLE + "name", ""))
        style = table.get(TABLE + "style-name", "")
        if self._parts.styles.value("table", style, "table-properties", TABLE + "display") == "false":
            self._draft.warn(f"The hidden sheet “{label}” was left out.")
            return
        started = len(self._draft.elements)
        self._draft.start_page(label=label)
        merges: list[Merge] = []
        beside: list[tuple[str, Any]] = []
        rows = self._rows(table, label, merges, beside)
        add_sheet(self._draft, rows, merges)
        reader = Reader(self._draft, self._parts)
        for shapes in table.iterchildren(TABLE + "shapes"):
            for node in shapes:
                reader.drawing(node)
        for place, node in beside:
            if node.tag == OFFICE + "annotation":
                reader.comment(node, place=place)
            else:
                reader.drawing(node)
        if len(self._draft.elements) == started:
            self._draft.drop_page()

    def _rows(self, table: Any, label: str, merges: list[Merge], beside: list[tuple[str, Any]]) -> list[list[str]]:
        rows: list[list[str]] = []
        hidden = set(_hidden_columns(table))
        left_out = False
        for node in table_rows(table):
            at = len(rows)
            row = self._row(node, at, hidden, merges, beside)
            times = count(node, TABLE + "number-rows-repeated")
            if node.get(TABLE + "visibility") == "collapse":
                left_out = left_out or any(row)
                row = []
            if not any(row):
                rows += [[] for _ in range(min(times, _MOST_GAP))]
                self._spend(min(times, _MOST_GAP) // 8)
            else:
                self._spend(times * (len(row) + 1))
                rows += [list(row) for _ in range(times)]
        if left_out or any(row[column] for row in rows for column in hidden if column < len(row)):
            self._draft.warn(f"Hidden rows or columns of “{label}” were left out.")
        for row in rows:
            for column in hidden:
                if column < len(row):
                    row[column] = ""
        while rows and not any(rows[-1]):
            rows.pop()
        return rows

    def _row(
        self, node: Any, at: int, hidden: set[int], merges: list[Merge], beside: list[tuple[str, Any]]
    ) -> list[str]:
        row: list[str] = []
        column = 0
        for cell in row_cells(node):
            times = count(cell, TABLE + "number-columns-repeated")
            if column >= _MOST_COLUMNS:
                break
            text = _shown(cell, self._parts) if cell.tag == TABLE + "table-cell" else ""
            place = f"{_letters(column)}{at + 1}"
            if column not in hidden:
                beside += [(place, each) for each in cell if _stands_beside(each)]
            if text:
                row += [""] * (column - len(row)) + [text] * min(times, _MOST_COLUMNS - column)
            across, down = (count(cell, TABLE + f"number-{name}-spanned") for name in ("columns", "rows"))
            if (across > 1 or down > 1) and len(merges) < 20_000:
                merges.append(Merge(top=at, left=column, bottom=at + down - 1, right=column + across - 1))
            column += times
        return row

    def _spend(self, cells: int) -> None:
        self._budget -= cells
        if self._budget < 0:
            raise TooLarge(f"The workbook has more than {self._draft.limits.cells:,} cells.")


def _shown(cell: Any, parts: Parts) -> str:
    """What a cell shows; a date of which day and month could be mixed up also as ISO 8601."""
    paragraphs = [words(node, parts.styles)[0] for node in cell.iterchildren(TEXT + "p")]
    text = plain_line(" ".join(paragraphs))
    date = cell.get(OFFICE + "date-value", "")[:10]
    if text and date and _AMBIGUOUS.match(text):
        return f"{text} ({date})"
    if text or paragraphs:
        return text
    values = (cell.get(OFFICE + name, "") for name in ("string-value", "date-value", "boolean-value", "value"))
    return plain_line(next(filter(None, values), ""))


def _stands_beside(node: Any) -> bool:
    return node.tag == OFFICE + "annotation" or (isinstance(node.tag, str) and node.tag.startswith(DRAW))


def _hidden_columns(table: Any) -> Iterator[int]:
    at = 0
    for column in nearest(table, {TABLE + "table-column"}, through=_COLUMN_GROUPS):
        times = count(column, TABLE + "number-columns-repeated")
        if column.get(TABLE + "visibility") == "collapse":
            yield from range(at, min(at + times, _MOST_COLUMNS))
        at += times


def _letters(column: int) -> str:
    """A column's name: "A", "B" ... "AA"."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
