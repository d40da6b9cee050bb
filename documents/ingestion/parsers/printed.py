"""Printed words and what is made of them: lines, paragraphs, tables.

All coordinates are points with the origin at the top left of the page as it is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

LEADER = "...."
# Private characters are what symbol fonts print as ticks, boxes and arrows.
BULLET = re.compile(r"^(?:[•‣▪■●○◦–—*·✓✔➢►☐☑☒\uf000-\uf0ff-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])$")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


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


class Frame(NamedTuple):
    """A page of `width` by `height` points as shown, and how text on it is turned.

    Text turned by 90 degrees runs from the bottom to the top. Turned text is laid out in a frame of its own, in
    which it runs from left to right; `from_page` leads into it and `to_page` back.
    """

    width: float
    height: float
    turn: int = 0

    def from_page(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """A box of the page in the frame of the text."""
        if self.turn == 90:
            return self.height - y1, x0, self.height - y0, x1
        if self.turn == 180:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.turn == 270:
            return y0, self.width - x1, y1, self.width - x0
        return x0, y0, x1, y1

    def to_page(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """A box of the text's frame on the page."""
        if self.turn == 90:
            return y0, self.height - x1, y1, self.height - x0
        if self.turn == 180:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.turn == 270:
            return self.width - y1, x0, self.width - y0, x1
        return x0, y0, x1, y1


class Segment:
    """Words of one printed line that stand close together."""

    __slots__ = ("_text", "bold", "mono", "size", "words", "x0", "x1", "y0", "y1")
    x0: float
    y0: float
    x1: float
    y1: float

    def __init__(self, words: list[Printed]) -> None:
        self.words = words
        self._text: str | None = None
        _, x0s, y0s, x1s, y1s, printed, bold, mono, _ = zip(*words, strict=True)
        sizes: list[float] = sorted(printed)
        self.size = sizes[(len(sizes) - 1) // 2]
        self.x0, self.x1 = min(x0s), max(x1s)
        # Raised and lowered small print must not stretch the line.
        if sizes[0] == sizes[-1]:
            self.y0, self.y1 = min(y0s), max(y1s)
        else:
            tall = [w for w in words if w.size >= 0.8 * sizes[-1]]
            self.y0, self.y1 = min([w.y0 for w in tall]), max([w.y1 for w in tall])
        self.bold = False not in bold
        self.mono = False not in mono

    @property
    def text(self) -> str:
        """The words as they will be joined."""
        text = self._text
        if text is None:
            words = self.words
            if any([w.glued for w in words]):
                text = "".join([("" if w.glued or not n else " ") + w.text for n, w in enumerate(words)])
            else:
                text = " ".join([w.text for w in words])
            self._text = text
        return text


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
    header: bool = False


Block = Paragraph | Table


def rows_of(words: list[Printed]) -> list[Row]:
    """Words on one height, left to right, cut where the gap is wider than a blank can be."""
    groups: list[list[Printed]] = []
    for word in sorted(words, key=lambda w: (w.y0 + w.y1, w.x0)):
        # Most words stand behind the one before them.
        if groups and abs(groups[-1][0].y1 - word.y1) < 0.1 and groups[-1][0].size == word.size:
            groups[-1].append(word)
            continue
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
    if abs(first.y1 - word.y1) >= 0.45 * max(first.size, word.size):
        return False
    overlap = min(first.y1, word.y1) - max(first.y0, word.y0)
    return overlap > 0.5 * min(first.y1 - first.y0, word.y1 - word.y0)


def _leaders_folded(words: list[Printed]) -> list[Printed]:
    """The dots between an entry of a table of contents and its page number as one word."""
    if [word.text for word in words].count(".") < 4:
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
    return words[::-1] if is_right_to_left(words) else words


def is_right_to_left(words: list[Printed]) -> bool:
    """Whether most of the words are written in a script that runs from right to left."""
    if not _RIGHT_TO_LEFT.search("".join([word.text for word in words])):
        return False
    return sum(bool(_RIGHT_TO_LEFT.search(word.text)) for word in words) * 2 > len(words)
