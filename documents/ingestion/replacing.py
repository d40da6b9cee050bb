"""Where spans lie once parts of a text were replaced."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from documents.ingestion.types import Line
from documents.ingestion.words import Word, Words
from ragapp.privacy.personal_data.types import Kind


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters [start, end) of the old text become `text`, because they are of `kind`."""

    start: int
    end: int
    text: str
    kind: Kind


class Moved:
    """Where positions of the old text lie in the new one. Edits are in order and do not overlap."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._grown = [0, *accumulate(len(edit.text) - (edit.end - edit.start) for edit in edits)]

    def start(self, at: int) -> int:
        """The new place of a span's start: inside an edit, the placeholder's start."""
        number = bisect_right(self._starts, at)
        if number and at < self._edits[number - 1].end:
            return self._starts[number - 1] + self._grown[number - 1]
        return at + self._grown[number]

    def end(self, at: int) -> int:
        """The new place of a span's end: inside an edit, the placeholder's end."""
        number = bisect_right(self._starts, at - 1)
        if number and at <= self._edits[number - 1].end:
            return self._edits[number - 1].end + self._grown[number]
        return at + self._grown[number]

    def text(self, old: str) -> str:
        pieces: list[str] = []
        at = 0
        for edit in self._edits:
            pieces += (old[at : edit.start], edit.text)
            at = edit.end
        return "".join((*pieces, old[at:]))


def moved_lines(lines: Sequence[Line], moved: Moved) -> tuple[Line, ...]:
    """The lines at their new places. Words that became one placeholder are one word; on a second line it has none."""
    kept: list[Line] = []
    floor = 0
    for line in lines:
        words: list[Word] = []
        for word in line.words:
            start, end = moved.start(word.start), moved.end(word.end)
            if words and start < words[-1].end:
                last = words[-1]
                words[-1] = Word(last.start, max(last.end, end), min(last.x0, word.x0), max(last.x1, word.x1))
            elif start >= floor:
                words.append(Word(start, end, word.x0, word.x1))
        if words:
            kept.append(replace(line, start=words[0].start, end=words[-1].end, words=Words(words)))
            floor = words[-1].end
    return tuple(kept)
