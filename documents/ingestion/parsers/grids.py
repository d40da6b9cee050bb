"""Tables that come as rows of texts: which rows name the columns, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.ingestion.parsers.base import Draft, plain_line

_NUMBER = re.compile(r"^[^\w]*\d[\d.,:/ %€$£-]*\w{0,3}$")


def add_grid(draft: Draft, rows: Sequence[Sequence[str]], *, header_rows: int | None = None) -> None:
    """Write a table. `header_rows`: how many rows name the columns, None to find out.

    Empty rows and columns are dropped. Several header rows are joined per column.
    """
    cleaned = [[plain_line(cell) for cell in row] for row in rows]
    above = sum(1 for row in cleaned[: header_rows or 0] if any(row))
    cleaned = [row for row in cleaned if any(row)]
    if not cleaned:
        return
    width = max(len(row) for row in cleaned)
    cleaned = [row + [""] * (width - len(row)) for row in cleaned]
    kept = [column for column in range(width) if any(row[column] for row in cleaned)]
    cleaned = [[row[column] for column in kept] for row in cleaned]
    if header_rows is None:
        above = int(has_header(cleaned))
    names = [_joined([row[column] for row in cleaned[:above]]) for column in range(len(kept))]
    draft.add_table(names if above else (), cleaned[above:])


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: filled, distinct, no figures, and unlike what follows."""
    first, body = rows[0], rows[1:]
    if not body or len(first) < 2:
        return False
    filled = [cell for cell in first if cell]
    if len(filled) < max(2, 0.6 * len(first)) or len(set(filled)) < len(filled):
        return False
    if any(is_figure(cell) for cell in filled) or any(len(cell) > 80 for cell in filled):
        return False
    return len(first) > 2 or len(body) > 1


def is_figure(text: str) -> bool:
    """Whether a cell holds a number, an amount or a date."""
    return bool(_NUMBER.match(text))


def _joined(names: Sequence[str]) -> str:
    """The names of one column in several header rows, each once."""
    return " ".join(dict.fromkeys(name for name in names if name))
