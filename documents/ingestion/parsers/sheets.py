"""Workbooks (XLSX through openpyxl, read-only) and separated text: a page per sheet, a line per row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parsers.base import Draft, Source, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.grids import add_grid, has_header, is_figure
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_MOST_COLUMNS = 500
_SEPARATORS = ",;\t|"
_DECIMALS = re.compile(r"0\.(0+)")
_CURRENCY = re.compile(r"\[\$([^\]-]+)[^\]]*\]|([€$£¥])")
_CELL_OR_ROW = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:c|row)[\s/>]")
_READ_AT_ONCE = 1 << 20
_LONGEST_START = 48
_LITERAL = re.compile(r'"([^"]*)"')


def parse_workbook(source: Source) -> ParsedDocument:
    """Read an XLSX or XLSM workbook; hidden sheets are left out. Raises DamagedFile or TooLarge."""
    import openpyxl

    draft = Draft(source.limits)
    try:
        book = openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False)
        budget = source.limits.cells
        _refuse_too_many(source, [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"])
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                draft.warn(f"The hidden sheet “{plain_line(sheet.title)}” was left out.")
                continue
            sheet.reset_dimensions()  # what a file says about its own size may be wrong
            rows: list[list[str]] = []
            for row in sheet.iter_rows():
                budget -= len(row) + 1
                if budget < 0:
                    raise TooLarge(f"The workbook has more than {source.limits.cells:,} cells.")
                if len(row) > _MOST_COLUMNS:
                    draft.warn(f"Columns after the first {_MOST_COLUMNS} were left out.")
                shown = [_shown(cell) for cell in row[:_MOST_COLUMNS]]
                if any(shown) or (rows and any(rows[-1])):  # of a run of empty rows one is kept
                    rows.append(shown)
            if any(any(row) for row in rows):
                draft.start_page(label=plain_line(sheet.title))
                _add_sheet(draft, rows)
        title = plain_line((book.properties.title or "") if book.properties else "")
        book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError, SyntaxError) as error:
        raise DamagedFile from error
    return draft.finish(title=title, parser="xlsx", version=VERSION)


def _refuse_too_many(source: Source, sheets: Iterable[Any]) -> None:
    """Raise TooLarge before openpyxl makes an object of every cell, which takes minutes where counting takes a second.

    Counts what is written; cells that are only implied by gaps are counted while the rows are read.
    """
    most = source.limits.cells
    found = 0
    with zipfile.ZipFile(source.path) as archive:
        for sheet in sheets:
            with archive.open(sheet._worksheet_path) as file:
                rest = b""
                while part := file.read(_READ_AT_ONCE):
                    text = rest + part
                    found += sum(1 for _ in _CELL_OR_ROW.finditer(text))
                    if found > most:
                        raise TooLarge(f"The workbook has more than {most:,} cells.")
                    # The start of a tag at the very end is seen whole with the next part.
                    last = text[text.rfind(b"<") :][-_LONGEST_START:]
                    rest = last if last.startswith(b"<") and not _CELL_OR_ROW.match(last) else b""


def _add_sheet(draft: Draft, rows: list[list[str]]) -> None:
    """Cut a sheet into its tables at empty rows; lone cells above a table are its heading."""
    for number, block in enumerate(_blocks(rows)):
        while block and sum(bool(cell) for cell in block[0]) == 1 and len(block) > 1:
            text = next(cell for cell in block[0] if cell)
            if number == 0 and not any(e.kind == "heading" and e.page == len(draft.pages) for e in draft.elements):
                draft.add("heading", text, level=2)
            else:
                draft.add("paragraph", text)
            block = block[1:]
        if len(block) == 1 and sum(bool(cell) for cell in block[0]) == 1:
            draft.add("paragraph", next(cell for cell in block[0] if cell))
        elif block:
            add_grid(draft, block)


def _blocks(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    block: list[list[str]] = []
    for row in (*rows, []):
        if any(row):
            block.append(row)
        elif block:
            yield block
            block = []


def _shown(cell: Any) -> str:
    """The value as the sheet displays it, near enough: dates, percentages, decimals, currency."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat() if isinstance(value, dt.date) else value.isoformat("minutes")
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    return plain_line(str(value))


def _number(value: float, form: str) -> str:
    form = form.split(";")[0]
    literals = "".join(_LITERAL.findall(form)).strip()
    bare = _LITERAL.sub("", form)
    found = _CURRENCY.search(bare)
    currency = (found[1] or found[2]).strip() if found else ""
    decimals = _DECIMALS.search(bare)
    places = len(decimals[1]) if decimals else 0
    if "%" in bare:
        return f"{value * 100:.{places}f}%"
    if "0" in bare or "#" in bare:
        separator = "," if "," in bare else ""
        text = f"{value:{separator}.{places}f}"
    elif isinstance(value, float):
        text = f"{value:.10g}"
    else:
        text = str(value)
    return " ".join(part for part in (text, currency, literals) if part)


def parse_csv(source: Source) -> ParsedDocument:
    """Read comma, semicolon, tab or bar separated text in any encoding. Raises TooLarge."""
    draft = Draft(source.limits)
    text = decode(source.path.read_bytes()).replace("\0", "")
    separator = _separator(text, source.media_type)
    rows = _rows(text, separator, source.limits.cells)
    if rows:
        # A file of records begins with the names of its fields unless its first row looks like the others.
        first = [cell.strip() for cell in rows[0]]
        named = has_header(rows) or (len(rows) > 1 and all(first) and not any(map(is_figure, first)))
        add_grid(draft, rows, header_rows=int(named))
    return draft.finish(title="", parser="csv", version=VERSION)


def _rows(text: str, separator: str, most_cells: int) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    rows: list[list[str]] = []
    budget = most_cells
    reader: Iterable[list[str]] = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            budget -= len(row) + 1
            if budget < 0:
                raise TooLarge(f"The file has more than {most_cells:,} cells.")
            if any(cell.strip() for cell in row):
                rows.append(row)
    except csv.Error as error:
        raise DamagedFile("The file is not valid separated text.") from error
    return rows


def _separator(text: str, media_type: str) -> str:
    if media_type == "text/tab-separated-values":
        return "\t"
    sample = "\n".join(text[:64_000].splitlines()[:100])
    try:
        return csv.Sniffer().sniff(sample, _SEPARATORS).delimiter
    except csv.Error:
        first = sample.partition("\n")[0]
        return max(_SEPARATORS, key=first.count) if any(mark in first for mark in _SEPARATORS) else ","
