"""The words of a printed line and their places, small enough for the millions that a long document has."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self


class Word(NamedTuple):
    """A word of a line: its characters in `ParsedDocument.text` and its left and right edge."""

    start: int
    end: int
    x0: float
    x1: float


class Words:
    """The words of a line in order, 24 bytes each: a long document has millions.

    A line that moves shares what it holds with what it was: each stage of ingestion moves all of them.
    """

    __slots__ = ("_by", "_edges", "_places")

    def __init__(self, words: Iterable[Word] = ()) -> None:
        kept = list(words)
        self._places = array("i", [place for word in kept for place in word[:2]])
        self._edges = array("d", [edge for word in kept for edge in word[2:]])
        self._by = 0

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Self:
        """From what `numbers` gives. Raises ValueError or TypeError for anything else."""
        if len(numbers) % 4:
            raise ValueError("a word has four numbers")
        places: list[float] = [0] * (len(numbers) // 2)
        edges = places[:]
        places[::2], places[1::2], edges[::2], edges[1::2] = (numbers[at::4] for at in range(4))
        words = cls()
        try:
            words._places, words._edges = array("i", places), array("d", edges)  # type: ignore[arg-type]
        except OverflowError as error:
            raise ValueError("no text is that long") from error
        return words

    def numbers(self) -> list[float]:
        """Start, end, left and right edge of each word, one after the other: plain JSON."""
        places, edges = self._moved(), self._edges.tolist()
        numbers: list[float] = [0] * (2 * len(places))
        numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4] = places[::2], places[1::2], edges[::2], edges[1::2]
        return numbers

    def shifted(self, by: int) -> Words:
        """The same words, `by` characters further on."""
        moved = Words.__new__(Words)
        moved._places, moved._edges, moved._by = self._places, self._edges, self._by + by
        return moved

    def _moved(self) -> list[int]:
        by = self._by
        return [place + by for place in self._places] if by else self._places.tolist()

    def __len__(self) -> int:
        return len(self._places) // 2

    def __iter__(self) -> Iterator[Word]:
        places, edges = iter(self._moved()), iter(self._edges)
        return map(Word, places, places, edges, edges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self.numbers() == other.numbers()

    def __hash__(self) -> int:
        return hash(tuple(self.numbers()))

    def __repr__(self) -> str:
        return f"Words({list(self)!r})"
