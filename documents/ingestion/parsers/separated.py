"""Separated text such as CSV: one table, a line per row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parsers.base import Draft, Source, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.grids import add_grid, has_header, is_figure
from documents.ingestion.types import Limits, ParsedDocument

VERSION = "2"
_SEPARATORS = ",;\t|"
_SAID = re.compile(r"\A\ufeff?\"?sep=(.)\"?\r?\n", re.I)  # how a file tells Excel its separator
_MOST_ABOVE, _LOOKED_AT = 10, 20  # rows


def parse(source: Source) -> ParsedDocument:
    """Read comma, semicolon, tab or bar separated text in any encoding. Raises TooLarge."""
    draft = Draft(source.limits)
    text = decode(source.path.read_bytes()).replace("\0", "")
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text, source.media_type)
    rows = _rows(text, separator, source.limits)
    for line in _above(rows):
        draft.add("paragraph", plain_line(" ".join(line)))
    if rows:
        # A file of records begins with the names of its fields unless its first row looks like the others.
        first = [cell.strip() for cell in rows[0]]
        named = has_header(rows) or (len(rows) > 1 and all(first) and not any(map(is_figure, first)))
        add_grid(draft, rows, header_rows=int(named))
    return draft.finish(title="", parser="csv", version=VERSION)


def _above(rows: list[list[str]]) -> list[list[str]]:
    """What stands above the table, such as its title and date, taken off the rows: lines with one cell, where the
    row below them and most of the others have more."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[: _MOST_ABOVE + _LOOKED_AT]]
    count = next((at for at, cells in enumerate(filled) if cells > 1), 0)
    below = filled[count:]
    if not 0 < count <= _MOST_ABOVE or len(below) < 2 or 2 * sum(cells > 1 for cells in below) <= len(below):
        return []
    above = rows[:count]
    del rows[:count]
    return above


def _rows(text: str, separator: str, limits: Limits) -> list[list[str]]:
    csv.field_size_limit(limits.characters)
    rows: list[list[str]] = []
    budget = most_cells = limits.cells
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
