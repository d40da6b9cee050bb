"""The words of a printed line and their places, small enough for the millions that a long document has."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Word(NamedTuple):
    """A word of a line: its characters in `ParsedDocument.text` and its left and right edge."""

    start: int
    end: int
    x0: float
    x1: float


class Words:
    """The words of a line in order, 32 bytes each: a long document has millions, and each stage makes them anew."""

    __slots__ = ("_numbers",)

    def __init__(self, words: Iterable[Word] = ()) -> None:
        self._numbers = array("d", [number for word in words for number in word])

    def shifted(self, by: int) -> Words:
        """The same words, `by` characters further on."""
        moved = Words()
        moved._numbers = self._numbers[:]
        for at in (0, 1):
            moved._numbers[at::4] = array("d", [number + by for number in self._numbers[at::4]])
        return moved

    def __len__(self) -> int:
        return len(self._numbers) // 4

    def __iter__(self) -> Iterator[Word]:
        numbers = iter(self._numbers)
        for start, end, x0, x1 in zip(numbers, numbers, numbers, numbers, strict=True):
            yield Word(int(start), int(end), x0, x1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self._numbers == other._numbers

    def __hash__(self) -> int:
        return hash(self._numbers.tobytes())

    def __repr__(self) -> str:
        return f"Words({list(self)!r})"
