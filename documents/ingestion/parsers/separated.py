"""Separated text such as CSV: one table, a line per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parsers.base import Draft, Source
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.grids import add_grid, has_header, is_figure
from documents.ingestion.types import ParsedDocument

VERSION = "1"
_SEPARATORS = ",;\t|"


def parse(source: Source) -> ParsedDocument:
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
