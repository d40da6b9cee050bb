"""A sheet's cells as the tables it holds: cut apart at empty rows and columns, joined cells spread out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.ingestion.parsers.base import Draft
from documents.ingestion.parsers.grids import add_grid, has_header, is_figure

REFERENCE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d{1,7})$")
_DEEPEST_HEADER = 4
_LONGEST_PROSE = 30  # rows of one cell each; more are a list


class Merge(NamedTuple):
    """Cells joined into one: rows and columns from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell is one of them."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


class _Block(NamedTuple):
    rows: list[list[str]]
    header_rows: int | None  # None: to be found out


def add_sheet(draft: Draft, rows: list[list[str]], merges: Sequence[Merge]) -> None:
    """Write a sheet's tables; lone cells above a table are its heading or say something about it."""
    _spread_down(rows, merges)
    titled = False
    for block in _blocks(rows, merges):
        lone = _lone_cells(block.rows)
        if len(lone) == len(block.rows) > _LONGEST_PROSE:
            add_grid(draft, block.rows)  # a list in one column
            continue
        # The last row of a block that holds nothing else is text, too.
        above = lone if len(lone) == len(block.rows) else lone[: len(block.rows) - 1]
        for text in above:
            if titled or len(text) > 120:
                draft.add("paragraph", text)
            else:
                draft.add("heading", text, level=2)
            titled = True
        part = block.rows[len(above) :]
        if part:
            depth = block.header_rows
            add_grid(draft, part, header_rows=None if depth is None else max(0, depth - len(above)) or None)
            titled = True


def _lone_cells(rows: Sequence[Sequence[str]]) -> list[str]:
    """The cells of the first rows that have only one each."""
    lone: list[str] = []
    for row in rows:
        filled = [cell for cell in row if cell]
        if len(filled) != 1:
            break
        lone += filled
    return lone


def _spread_down(rows: list[list[str]], merges: Sequence[Merge]) -> None:
    """A cell joined over several rows says the same in each: a row must be understood alone."""
    for merge in merges:
        if merge.bottom == merge.top or merge.top >= len(rows) or merge.left >= len(rows[merge.top]):
            continue
        text = rows[merge.top][merge.left]
        if not text or len(text) > 200:
            continue
        for row in rows[merge.top + 1 : merge.bottom + 1]:
            if any(row):
                row += [""] * (merge.left + 1 - len(row))
                row[merge.left] = row[merge.left] or text


def _blocks(rows: list[list[str]], merges: Sequence[Merge]) -> Iterator[_Block]:
    wide = [merge for merge in merges if merge.right > merge.left]
    start = 0
    for at in range(len(rows) + 1):
        if at < len(rows) and any(rows[at]):
            continue
        if at > start:
            yield from _side_by_side(rows, start, at, wide)
        start = at + 1


def _side_by_side(rows: list[list[str]], start: int, stop: int, wide: Sequence[Merge]) -> Iterator[_Block]:
    """The rows [start, stop) as one block, or as several tables that stand beside each other."""
    width = max(len(row) for row in rows[start:stop])
    part = [row + [""] * (width - len(row)) for row in rows[start:stop]]
    runs = _filled_runs(part, width)
    tables = [[row[first:last] for row in part] for first, last in runs]
    if len(tables) > 1 and all(_stands_alone(table) for table in tables):
        for table, (first, _) in zip(tables, runs, strict=True):
            kept = [row for row in table if any(row)]
            yield _Block(kept, _header_rows(kept, start, first, wide))
    else:
        yield _Block(part, _header_rows(part, start, 0, wide))


def _filled_runs(rows: list[list[str]], width: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column in range(width):
        if any(row[column] for row in rows):
            if runs and runs[-1][1] == column:
                runs[-1] = (runs[-1][0], column + 1)
            else:
                runs.append((column, column + 1))
    return runs


def _stands_alone(table: list[list[str]]) -> bool:
    """Whether columns between two empty ones are a table: with a header, and a first column that names its rows."""
    kept = [row for row in table if any(row)]
    while kept and sum(bool(cell) for cell in kept[0]) == 1 and len(kept) > 1:
        kept = kept[1:]
    if len(kept) < 2 or len(kept[0]) < 2 or not (has_header(kept) or (all(kept[0]) and len(kept) > 2)):
        return False
    if any(is_figure(cell) for cell in kept[0]):
        return False
    names = [row[0] for row in kept[1:]]
    return all(names) and sum(is_figure(name) for name in names) < len(names)


def _header_rows(rows: list[list[str]], top: int, left: int, wide: Sequence[Merge]) -> int | None:
    """How many rows name the columns when joined cells stand over several of them; fills those. None: unknown."""
    depth = 0
    width = max((len(row) for row in rows), default=0)
    over = [
        merge
        for merge in wide
        if top <= merge.top < top + _DEEPEST_HEADER
        and merge.bottom - merge.top < 2
        and left <= merge.left < left + width
    ]
    while depth < min(_DEEPEST_HEADER, len(rows) - 1):
        here = [merge for merge in over if merge.top <= top + depth <= merge.bottom]
        filled = sum(bool(cell) for cell in rows[depth])
        if not here or filled < 2 or any(is_figure(cell) for cell in rows[depth]):
            break
        for merge in here:
            first = merge.left - left
            if 0 <= first < len(rows[depth]) and rows[depth][first]:
                for column in range(first + 1, min(merge.right - left + 1, len(rows[depth]))):
                    rows[depth][column] = rows[depth][column] or rows[depth][first]
        depth += 1
    return depth + 1 if depth else None


def column_number(letters: str) -> int:
    """A column from 0 by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def region(reference: str) -> Merge | None:
    """The cells of a reference such as A1:B9 or C3; None for anything else."""
    ends = [REFERENCE.match(end) for end in reference.split(":")]
    ends = ends * 2 if len(ends) == 1 else ends
    if len(ends) != 2 or not ends[0] or not ends[1]:
        return None
    (left, top), (right, bottom) = ((column_number(end[1]), int(end[2]) - 1) for end in ends if end)
    return Merge(top=top, left=left, bottom=bottom, right=right)
