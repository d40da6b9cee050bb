"""What changed between two readings of a document: paragraph by paragraph, and inside those word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from documents.models import Extraction

Sort = Literal["same", "gone", "new"]
# Longer documents are compared as far as this, and the comparison says so.
PARAGRAPHS_MAX = 20_000
# Below this share of common words two paragraphs are not one that was changed, but one that went and one that came.
ALIKE = 0.4
# How many paragraphs ahead a counterpart is sought.
AHEAD = 30
# Unchanged paragraphs shown on either side of a change.
AROUND = 1
_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of words: in both, only in the older, or only in the newer."""

    sort: Sort
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the comparison. `skipped` > 0: so many unchanged paragraphs stand here, and nothing else.

    `pieces` holds both sides in reading order; the older side is what is not new, the newer what is not gone.
    """

    pieces: tuple[Piece, ...] = ()
    older_page: int | None = None
    newer_page: int | None = None
    skipped: int = 0

    @property
    def older(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.sort != "new"]

    @property
    def newer(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.sort != "gone"]

    @property
    def is_same(self) -> bool:
        return all(piece.sort == "same" for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All changes in reading order. `added` and `removed` count paragraphs; `is_cut`: the rest was not compared."""

    changes: tuple[Change, ...]
    changed: int
    added: int
    removed: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph, heading, list item or row of a table, and its page where the format has pages."""

    text: str
    page: int | None


def compare(older: Extraction, newer: Extraction) -> Comparison:
    """The differences between two extractions, of one document or of two. Rights are the caller's to check."""
    left, right = paragraphs(older), paragraphs(newer)
    is_cut = max(len(left), len(right)) > PARAGRAPHS_MAX
    changes = list(_changes(left[:PARAGRAPHS_MAX], right[:PARAGRAPHS_MAX]))
    return Comparison(
        changes=tuple(_folded(changes)),
        changed=sum(1 for each in changes if not each.is_same and each.older and each.newer),
        added=sum(1 for each in changes if not each.older),
        removed=sum(1 for each in changes if not each.newer),
        is_cut=is_cut,
    )


def paragraphs(extraction: Extraction) -> list[Paragraph]:
    """The text in pieces that stand for themselves; rows of tables and lines of code are pieces of their own."""
    found = []
    for kind, start, end, page, *_ in extraction.layout.get("elements", []):
        text = extraction.text[int(start) : int(end)]
        parts = text.split("\n") if kind in ("table", "code") else [text]
        found += [Paragraph(text=" ".join(part.split()), page=page) for part in parts if part.strip()]
    if not found:
        found = [Paragraph(text=" ".join(p.split()), page=None) for p in extraction.text.split("\n") if p.strip()]
    return found


def _changes(left: Sequence[Paragraph], right: Sequence[Paragraph]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, [p.text for p in left], [p.text for p in right])
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            for old, new in zip(left[i:i_end], right[j:j_end], strict=True):
                piece = Piece(sort="same", text=old.text)
                yield Change(pieces=(piece,), older_page=old.page, newer_page=new.page)
        else:
            yield from _replaced(left[i:i_end], right[j:j_end])


def _replaced(left: Sequence[Paragraph], right: Sequence[Paragraph]) -> Iterator[Change]:
    """Paragraphs that have a counterpart are compared by words; counterparts are sought in order."""
    taken = 0
    for old in left:
        near = range(taken, min(taken + AHEAD, len(right)))
        found = next((at for at in near if _alike(old.text, right[at].text)), None)
        if found is None:
            yield Change(pieces=(Piece(sort="gone", text=old.text),), older_page=old.page)
            continue
        yield from (_new(each) for each in right[taken:found])
        new, taken = right[found], found + 1
        yield Change(pieces=tuple(_words(old.text, new.text)), older_page=old.page, newer_page=new.page)
    yield from (_new(each) for each in right[taken:])


def _new(paragraph: Paragraph) -> Change:
    return Change(pieces=(Piece(sort="new", text=paragraph.text),), newer_page=paragraph.page)


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one.split(), other.split())
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _words(old: str, new: str) -> Iterator[Piece]:
    left, right = _WORD.findall(old), _WORD.findall(new)
    for tag, i, i_end, j, j_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece(sort="same", text="".join(left[i:i_end]))
            continue
        if i < i_end:
            yield Piece(sort="gone", text="".join(left[i:i_end]))
        if j < j_end:
            yield Piece(sort="new", text="".join(right[j:j_end]))


def _folded(changes: Sequence[Change]) -> Iterator[Change]:
    """Long stretches without a change as one line that counts them."""
    keep: set[int] = set()
    for at, change in enumerate(changes):
        if not change.is_same:
            keep.update(range(at - AROUND, at + AROUND + 1))
    skipped = 0
    for at, change in enumerate(changes):
        if at not in keep:
            skipped += 1
            continue
        if skipped:
            yield Change(skipped=skipped)
            skipped = 0
        yield change
    if skipped:
        yield Change(skipped=skipped)
