"""From printed words to lines in reading order, paragraphs and tables. Pure geometry, used for PDF and scans.

All coordinates are points with the origin at the top left of the page as it is shown.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

LEADER = "...."
SENTENCE_END = (".", "!", "?", ":", "。", "！", "？", "：", ".”", '."', ".)")
_BULLET = re.compile(r"^(?:[•‣▪■●○◦–—*·-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$")
_CAPTION = re.compile(
    r"^(?:figure|fig\.|table|abbildung|tabelle|tableau|figura)\s*\d+\s*([.:])", re.IGNORECASE
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_WORDY = re.compile(r"\w\w|\d")
_RULED_CELL_WORDS = 40.0  # boxes drawn around whole passages are no table
_CELL_WORDS = 9.0  # above this many words per cell on average, aligned rows are prose in columns


class Printed(NamedTuple):
    """A word on the page. `glued` when it follows the word before it without a space."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    mono: bool = False
    glued: bool = False


class Segment:
    """Words of one printed line that stand close together."""

    __slots__ = ("bold", "mono", "size", "words", "x0", "x1", "y0", "y1")

    def __init__(self, words: list[Printed]) -> None:
        self.words = words
        sizes = sorted([w.size for w in words])
        self.size = sizes[(len(sizes) - 1) // 2]
        self.x0, self.x1 = min([w.x0 for w in words]), max([w.x1 for w in words])
        # Raised and lowered small print must not stretch the line.
        tall = words if sizes[0] == sizes[-1] else [w for w in words if w.size >= 0.8 * sizes[-1]]
        self.y0, self.y1 = min([w.y0 for w in tall]), max([w.y1 for w in tall])
        self.bold = False not in [w.bold for w in words]
        self.mono = False not in [w.mono for w in words]

    @property
    def text(self) -> str:
        """The words as they will be joined."""
        return "".join(("" if w.glued or not n else " ") + w.text for n, w in enumerate(self.words))


Row = list[Segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A grid of ruled lines: the edges of its columns and of its rows, ascending."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]

    def holds(self, word: Printed) -> bool:
        """Whether the word's middle lies inside."""
        x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]


@dataclass(slots=True)
class Paragraph:
    """Lines that belong together, all of one column."""

    lines: list[Segment]
    bulleted: bool = False

    @property
    def text(self) -> str:
        """The lines, joined by blanks."""
        return " ".join(line.text for line in self.lines)


@dataclass(slots=True)
class Table:
    """Rows of cells; each cell is a list of printed lines."""

    rows: list[list[list[Segment]]]
    header: bool = field(default=False)


Block = Paragraph | Table


def arrange(words: Sequence[Printed], grids: Iterable[Ruled] = ()) -> list[Block]:
    """The page's blocks in reading order: tables inside `grids` first cut out, then columns, then lines."""
    tables: list[tuple[float, Table]] = []
    rest = list(words)
    for grid in grids:
        table = _ruled_table([word for word in rest if grid.holds(word)], grid)
        if table and not _boxes_of_prose(table):
            rest = [word for word in rest if not grid.holds(word)]
            tables.append((grid.ys[0], table))
    rows = _rows(rest)
    blocks: list[Block] = []
    # A ruled table cuts the page in two: what stands above it is read before it.
    for top, table in sorted(tables, key=lambda item: item[0]):
        blocks += _read([row for row in rows if row[0].y0 < top])
        blocks.append(table)
        rows = [row for row in rows if row[0].y0 >= top]
    return blocks + _read(rows)


def _rows(words: list[Printed]) -> list[Row]:
    """Words on one height, left to right, cut where the gap is wider than a blank can be."""
    groups: list[list[Printed]] = []
    for word in sorted(words, key=lambda w: (w.y0 + w.y1, w.x0)):
        for group in groups[-1:-4:-1]:
            if _level(group[0], word):
                group.append(word)
                break
        else:
            groups.append([word])
    rows = []
    for group in groups:
        group.sort(key=lambda w: w.x0)
        row: list[list[Printed]] = [[group[0]]]
        for word in group[1:]:
            before = row[-1][-1]
            gap = word.x0 - before.x1
            if gap > before.size and gap > word.size and not word.glued:
                row.append([word])
            else:
                row[-1].append(word)
        rows.append([Segment(_in_order(_leaders_folded(part))) for part in row])
    return sorted(rows, key=lambda r: r[0].y0)


def _level(first: Printed, word: Printed) -> bool:
    """Whether two words stand on one line; raised and lowered small print counts."""
    if abs(first.y1 - word.y1) < 0.1 and first.size == word.size:
        return True
    if abs(first.y1 - word.y1) >= 0.45 * max(first.size, word.size):
        return False
    overlap = min(first.y1, word.y1) - max(first.y0, word.y0)
    return overlap > 0.5 * min(first.y1 - first.y0, word.y1 - word.y0)


def _leaders_folded(words: list[Printed]) -> list[Printed]:
    """The dots between an entry of a table of contents and its page number as one word."""
    if sum(word.text == "." for word in words) < 4:
        return words
    folded: list[Printed] = []
    for word in words:
        if word.text != ".":
            folded.append(word)
        elif folded and folded[-1].text == LEADER:
            folded[-1] = folded[-1]._replace(x1=word.x1)
        else:
            folded.append(word._replace(text=LEADER, glued=False))
    return folded


def _in_order(words: list[Printed]) -> list[Printed]:
    """Right-to-left lines are read from the right."""
    rtl = sum(bool(_RIGHT_TO_LEFT.search(word.text)) for word in words)
    return words[::-1] if rtl * 2 > len(words) else words


def _read(rows: list[Row]) -> list[Block]:
    """Blocks of a region in reading order, columns one after the other."""
    if not rows:
        return []
    gutter = _gutter(rows)
    if gutter is None:
        return _blocks(rows)
    blocks: list[Block] = []
    left: list[Row] = []
    right: list[Row] = []
    across: list[Row] = []

    def flush_columns() -> None:
        for side in (left, right):
            blocks.extend(_read(side))
            side.clear()

    def flush_across() -> None:
        blocks.extend(_blocks(across))
        across.clear()

    for row in rows:
        if any(segment.x0 < gutter < segment.x1 for segment in row):
            flush_columns()
            across.append(row)
            continue
        flush_across()
        for side, part in (
            (left, [s for s in row if s.x1 <= gutter]),
            (right, [s for s in row if s.x0 >= gutter]),
        ):
            if part:
                side.append(part)
    flush_across()
    flush_columns()
    return blocks


def _gutter(rows: list[Row]) -> float | None:
    """The middle of the white strip between two columns of prose, or None."""
    segments = [segment for row in rows for segment in row]
    x0, x1 = min(s.x0 for s in segments), max(s.x1 for s in segments)
    width = x1 - x0
    if width < 200 or len(rows) < 6:
        return None
    step = 2.0
    bins = int(width / step) + 1
    crossing = [0] * (bins + 1)
    for s in segments:
        crossing[int((s.x0 - x0) / step)] += 1
        crossing[min(bins, int((s.x1 - x0) / step) + 1)] -= 1
    total = 0
    for at in range(bins):
        total += crossing[at]
        crossing[at] = total
    inner = range(int(bins * 0.25), int(bins * 0.75))
    least = min(crossing[at] for at in inner)
    best = (0, 0)
    run = 0
    for at in inner:
        run = run + 1 if crossing[at] == least else 0
        best = max(best, (run, at))
    gutter = x0 + step * (best[1] - best[0] / 2 + 0.5)
    sides = ([s for s in segments if s.x1 <= gutter], [s for s in segments if s.x0 >= gutter])
    for side, space in zip(sides, (gutter - x0, x1 - gutter), strict=True):
        if len(side) < 5:
            return None
        words = statistics.fmean(len(s.words) + sum(w.glued for w in s.words) for s in side)
        if words < 3.5 or statistics.median(s.x1 - s.x0 for s in side) < 0.5 * space:
            return None
    return gutter


def _blocks(rows: list[Row]) -> list[Block]:
    """Paragraphs and aligned tables of one column, from top to bottom."""
    blocks: list[Block] = []
    lines: list[Segment] = []
    at = 0
    while at < len(rows):
        table, used = _aligned_table(rows, at)
        if table:
            blocks += _paragraphs(lines)
            lines = []
            blocks += _steps(table) or [table]
            at += used
        else:
            row = rows[at]
            words = [w for s in (row[::-1] if _is_rtl(row) else row) for w in s.words]
            lines.append(Segment(words))
            at += 1
    return blocks + _paragraphs(lines)


def _steps(table: Table) -> list[Block]:
    """The rows as list items when the first of two columns only counts them; else nothing."""
    first = [row[0][0].text if row[0] else "" for row in table.rows]
    if table.header or len(table.rows[0]) != 2 or not all(text.isdecimal() for text in first):
        return []
    numbers = [int(text) for text in first]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return []
    return [
        Paragraph([Segment([*row[0][0].words, *row[1][0].words]), *row[1][1:]], bulleted=True)
        for row in table.rows
        if row[1]
    ]


def _is_rtl(row: Row) -> bool:
    words = [word for segment in row for word in segment.words]
    return sum(bool(_RIGHT_TO_LEFT.search(word.text)) for word in words) * 2 > len(words)


def _paragraphs(lines: list[Segment]) -> list[Block]:
    if not lines:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    steps = [
        below.y1 - above.y1
        for above, below in zip(lines, lines[1:], strict=False)
        if 0 < below.y1 - above.y1 < 2.6 * above.size
    ]
    leading = statistics.median_low(steps) if steps else 0.0
    paragraphs = [Paragraph([lines[0]], _bulleted(lines[0]))]
    for above, line in zip(lines, lines[1:], strict=False):
        bulleted = _bulleted(line)
        if bulleted or _breaks(above, line, paragraphs[-1], left, right, leading):
            paragraphs.append(Paragraph([line], bulleted))
        else:
            paragraphs[-1].lines.append(line)
    return list(paragraphs)


def _breaks(
    above: Segment, line: Segment, paragraph: Paragraph, left: float, right: float, leading: float
) -> bool:
    """Whether a new paragraph begins with `line`."""
    step = line.y1 - above.y1
    larger = max(above.size, line.size)
    caption = _CAPTION.match(line.text)
    if caption and (caption[1] == ":" or above.text.endswith(SENTENCE_END)):
        return True
    if LEADER in above.text:
        return True
    # Large print is set wider than the text whose leading was measured.
    widest = max(1.3 * leading, (1.2 if leading > larger else 1.45) * larger)
    if step > widest or step < 0:
        return True
    if abs(line.size - above.size) > 0.12 * larger or line.bold != above.bold or line.mono != above.mono:
        # One emphasised or small word at the end of a paragraph is no new paragraph.
        return len(line.words) > 2 or len(paragraph.lines) == 1
    ends = above.text.endswith(SENTENCE_END)
    if not paragraph.bulleted and line.x0 - above.x0 > 0.8 * line.size and ends:
        return True
    if paragraph.bulleted and line.x0 < paragraph.lines[0].x0 - 0.5 * line.size:
        return True
    return ends and above.x1 < right - 0.3 * (right - left)


def _bulleted(line: Segment) -> bool:
    return len(line.words) > 1 and bool(_BULLET.match(line.words[0].text))


def _ruled_table(words: list[Printed], grid: Ruled) -> Table | None:
    """The words of a grid in its cells; None when fewer than two rows and columns hold words."""
    columns, height = len(grid.xs) - 1, len(grid.ys) - 1
    cells: list[list[list[Printed]]] = [[[] for _ in range(columns)] for _ in range(height)]
    for word in words:
        middle = (word.y0 + word.y1) / 2
        column = _slot(grid.xs, word.x0 + min(2.0, (word.x1 - word.x0) / 2))
        cells[_slot(grid.ys, middle)][column].append(word)
    kept = [column for column in range(columns) if any(row[column] for row in cells)]
    rows = [
        [[Segment([w for s in line for w in s.words]) for line in _rows(row[column])] for column in kept]
        for row in cells
        if any(row)
    ]
    if len(kept) < 2 or len(rows) < 2:
        return None
    return Table(rows, _has_header(rows, ruled=True))


def _boxes_of_prose(table: Table) -> bool:
    sizes = [sum(len(line.words) for line in cell) for row in table.rows for cell in row if cell]
    return statistics.fmean(sizes) > _RULED_CELL_WORDS


def _slot(edges: Sequence[float], at: float) -> int:
    for number in range(1, len(edges) - 1):
        if at < edges[number]:
            return number - 1
    return len(edges) - 2


def _aligned_table(rows: list[Row], start: int) -> tuple[Table | None, int]:
    """A table without rules that begins at row `start`, and how many rows it takes."""
    if len(rows[start]) < 2:
        return None, 0
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
    run = rows[start:stop]
    full = [row for row in run if len(row) > 1]
    columns = _columns(run)
    if len(full) < 3 or len(columns) < 2:
        return None, 0
    cells = [segment for row in full for segment in row]
    filled = sum(len({_column_of(columns, s) for s in row}) for row in full) / (len(full) * len(columns))
    if filled < 0.55 or statistics.fmean(len(s.words) for s in cells) > _CELL_WORDS:
        return None, 0
    if all(_BULLET.match(row[0].text) for row in full) or any(LEADER in s.text for s in cells):
        return None, 0
    if sum(bool(_WORDY.search(s.text)) for s in cells) < 0.6 * len(cells):
        return None, 0  # a formula
    table: list[list[list[Segment]]] = []
    for row in run:
        if len(row) > 1 or not table:
            table.append([[] for _ in columns])
        for segment in row:
            table[-1][_column_of(columns, segment)].append(segment)
    return Table(table, _has_header(table, ruled=False)), len(run)


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
