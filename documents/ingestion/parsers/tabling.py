"""Tables on a page: by the lines ruled around their cells, or by how their cells are aligned."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from documents.ingestion.parsers.printed import BULLET, LEADER, Printed, Row, Ruled, Segment, Table, rows_of

_WORDY = re.compile(r"\w\w|\d")
_RULED_CELL_WORDS = 40.0  # boxes drawn around whole passages are no table
_CELL_WORDS = 9.0  # above this many words per cell on average, aligned rows are prose in columns


def ruled_table(words: list[Printed], grid: Ruled) -> Table | None:
    """The words of a grid in its cells; None when fewer than two rows or columns hold words, or boxes
    were only drawn around passages."""
    columns, height = len(grid.xs) - 1, len(grid.ys) - 1
    cells: list[list[list[Printed]]] = [[[] for _ in range(columns)] for _ in range(height)]
    for word in words:
        middle = (word.y0 + word.y1) / 2
        column = _slot(grid.xs, word.x0 + min(2.0, (word.x1 - word.x0) / 2))
        cells[_slot(grid.ys, middle)][column].append(word)
    kept = [column for column in range(columns) if any(row[column] for row in cells)]
    rows = [
        [[Segment([w for s in line for w in s.words]) for line in rows_of(row[column])] for column in kept]
        for row in cells
        if any(row)
    ]
    if len(kept) < 2 or len(rows) < 2:
        return None
    sizes = [sum(len(line.words) for line in cell) for row in rows for cell in row if cell]
    if statistics.fmean(sizes) > _RULED_CELL_WORDS:
        return None
    return Table(rows, _has_header(rows, ruled=True))


def _slot(edges: Sequence[float], at: float) -> int:
    for number in range(1, len(edges) - 1):
        if at < edges[number]:
            return number - 1
    return len(edges) - 2


def aligned_table(rows: list[Row], start: int) -> tuple[Table | None, int]:
    """A table without rules that begins at row `start`, and how many rows it takes."""
    if len(rows[start]) < 2:
        return None, 0
    run = rows[start : _run_end(rows, start)]
    columns = _columns(run)
    if not _is_table([row for row in run if len(row) > 1], columns):
        return None, 0
    table: list[list[list[Segment]]] = []
    for row in run:
        if len(row) > 1 or not table:
            table.append([[] for _ in columns])
        for segment in row:
            table[-1][_column_of(columns, segment)].append(segment)
    return Table(table, _has_header(table, ruled=False)), len(run)


def _run_end(rows: list[Row], start: int) -> int:
    """Where the rows end that stand close below each other and have several cells, or continue one."""
    stop = start + 1
    while stop < len(rows):
        above, row = rows[stop - 1], rows[stop]
        gap = row[0].y0 - max(s.y1 for s in above)
        size = row[0].size
        if gap > 1.6 * size or abs(size - rows[start][0].size) > 0.35 * size:
            break
        continued = len(row) == 1 and gap < 0.45 * size and row[0].x0 > rows[start][0].x1
        if len(row) < 2 and not continued:
            break
        stop += 1
    while len(rows[stop - 1]) < 2:
        stop -= 1
    return stop


def _is_table(full: list[Row], columns: list[tuple[float, float]]) -> bool:
    """Whether rows of several cells are a table, and not prose in columns, a list, contents or a formula."""
    cells = [segment for row in full for segment in row]
    if len(full) < 3 or len(columns) < 2 or any(LEADER in segment.text for segment in cells):
        return False
    filled = sum(len({_column_of(columns, s) for s in row}) for row in full) / (len(full) * len(columns))
    if filled < 0.55 or statistics.fmean(len(s.words) for s in cells) > _CELL_WORDS:
        return False
    listed = all(BULLET.match(row[0].text) for row in full)
    return not listed and sum(bool(_WORDY.search(s.text)) for s in cells) >= 0.6 * len(cells)


def _columns(run: list[Row]) -> list[tuple[float, float]]:
    """The x ranges that the cells of all rows cover, merged where they overlap."""
    columns: list[tuple[float, float]] = []
    for x0, x1 in sorted((s.x0, s.x1) for row in run for s in row):
        if columns and x0 < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return columns


def _column_of(columns: list[tuple[float, float]], segment: Segment) -> int:
    return next(n for n, (x0, x1) in enumerate(columns) if x0 <= segment.x0 <= x1)


def _has_header(rows: list[list[list[Segment]]], *, ruled: bool) -> bool:
    """Whether the first row names the columns."""
    first, body = rows[0], rows[1:]
    if any(not cell for cell in first[1:]) or not body:
        return False

    def bold(row: list[list[Segment]]) -> bool:
        return all(line.bold for cell in row for line in cell)

    if bold(first):
        return not all(bold(row) for row in body)
    if any(any(ch.isdigit() for line in cell for ch in line.text) for cell in first):
        return False
    numeric = any(line.text[:1].isdigit() for row in body for cell in row for line in cell)
    return numeric or len(first) > 2 or ruled
