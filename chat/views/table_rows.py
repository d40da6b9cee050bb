"""Rows of tables, which are stored as "Label: value | Label: value", as labelled cells."""

from dataclasses import dataclass

from documents.lineage import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line around the quote: `cells` of a row, or `text` where it is none."""

    cells: tuple[tuple[str, str], ...]
    text: str
    is_cited: bool


def lines_of(source: Source) -> tuple[Line, ...]:
    """The lines around and with the quote, if the quote holds a row of a table; else none."""
    text = source.before + source.quote + source.after
    start, end = len(source.before), len(source.before) + len(source.quote)
    lines, at = [], 0
    for words in text.splitlines(keepends=True):
        is_cited = at < end and at + len(words.rstrip()) > start
        at += len(words)
        if words.strip():
            lines.append(Line(cells=cells_of(words), text=words.strip(), is_cited=is_cited))
    return tuple(lines) if any(line.is_cited and line.cells for line in lines) else ()


def cells_of(words: str) -> tuple[tuple[str, str], ...]:
    """The labels and values of a row; empty where `words` are none."""
    cells = [cell.partition(": ") for cell in words.strip().split(" | ")]
    is_row = len(cells) > 1 and all(label and colon and len(label) <= 60 for label, colon, _value in cells)
    return tuple((label, value) for label, _colon, value in cells) if is_row else ()
