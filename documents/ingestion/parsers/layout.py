"""From printed words to blocks in reading order: columns, paragraphs, lists and tables. Pure geometry."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise

from documents.ingestion.parsers.printed import (
    BULLET,
    LEADER,
    Block,
    Paragraph,
    Printed,
    Row,
    Ruled,
    Segment,
    Table,
    is_right_to_left,
    rows_of,
)
from documents.ingestion.parsers.tabling import aligned_table, ruled_table

SENTENCE_END = (".", "!", "?", ":", "。", "！", "？", "：", ".”", '."', ".)")
_COLUMN_LINES = 8
_CAPTION = re.compile(r"^(?:figure|fig\.|table|abbildung|tabelle|tableau|figura)\s*\d+\s*([.:])", re.IGNORECASE)


def arrange(words: Sequence[Printed], grids: Iterable[Ruled] = ()) -> list[Block]:
    """The page's blocks in reading order: tables inside `grids` first cut out, then columns, then lines."""
    tables: list[tuple[float, Table]] = []
    rest = list(words)
    for grid in grids:
        table = ruled_table([word for word in rest if grid.holds(word)], grid)
        if table:
            rest = [word for word in rest if not grid.holds(word)]
            tables.append((grid.ys[0], table))
    rows = rows_of(rest)
    blocks: list[Block] = []
    # A ruled table cuts the page in two: what stands above it is read before it.
    for top, table in sorted(tables, key=lambda item: item[0]):
        blocks += _read([row for row in rows if row[0].y0 < top])
        blocks.append(table)
        rows = [row for row in rows if row[0].y0 >= top]
    return blocks + _read(rows)


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
    apart = least == 0 and best[0] * step > 2 * segments[0].size and _run_apart(rows, gutter)
    for side, space in zip(sides, (gutter - x0, x1 - gutter), strict=True):
        if len(side) < 5:
            return None
        words = statistics.fmean(len(s.words) + sum(w.glued for w in s.words) for s in side)
        if words < (2.5 if apart else 3.5):
            return None
        columns = _columns_beside(rows, side)
        if not apart and statistics.median(s.x1 - s.x0 for s in side) < 0.5 * space / columns:
            return None
    return gutter


def _columns_beside(rows: list[Row], side: Sequence[Segment]) -> int:
    """How many columns of prose a side of the gutter seems to hold: more than one only where there are many lines."""
    members = set(map(id, side))
    counts = [count for row in rows if (count := sum(id(segment) in members for segment in row))]
    columns = round(statistics.median(counts))
    return columns if len(side) >= _COLUMN_LINES * columns else 1


def _run_apart(rows: list[Row], gutter: float) -> bool:
    """Whether both sides of the gutter have many lines with nothing beside them: no table is set like that."""
    left = sum(row[-1].x1 <= gutter for row in rows)
    right = sum(row[0].x0 >= gutter for row in rows)
    return min(left, right) >= max(4, 0.12 * len(rows))


def _blocks(rows: list[Row]) -> list[Block]:
    """Paragraphs and aligned tables of one column, from top to bottom."""
    blocks: list[Block] = []
    lines: list[Segment] = []
    at = 0
    while at < len(rows):
        table, used = aligned_table(rows, at)
        if table:
            blocks += _paragraphs(lines)
            lines = []
            blocks += _steps(table) or [table]
            at += used
        else:
            row = rows[at]
            words = [w for s in (row[::-1] if is_right_to_left(row[0].words) else row) for w in s.words]
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


def _paragraphs(lines: list[Segment]) -> list[Block]:
    if not lines:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    steps = [below.y1 - above.y1 for above, below in pairwise(lines) if 0 < below.y1 - above.y1 < 2.6 * above.size]
    leading = statistics.median_low(steps) if steps else 0.0
    paragraphs = [Paragraph([lines[0]], _bulleted(lines[0]))]
    for above, line in pairwise(lines):
        bulleted = _bulleted(line)
        if bulleted or _breaks(above, line, paragraphs[-1], left, right, leading):
            paragraphs.append(Paragraph([line], bulleted))
        else:
            paragraphs[-1].lines.append(line)
    return list(paragraphs)


def _breaks(above: Segment, line: Segment, paragraph: Paragraph, left: float, right: float, leading: float) -> bool:
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
    return len(line.words) > 1 and bool(BULLET.match(line.words[0].text))
