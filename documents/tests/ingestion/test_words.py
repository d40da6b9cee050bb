"""Words of a line are small, and what they were made of."""

from __future__ import annotations

from documents.ingestion.words import Word, Words


def test_words_are_what_they_were_made_of() -> None:
    given = [Word(0, 4, 0.1, 0.25), Word(5, 12_000_000, 0.3, 0.9)]
    words = Words(given)
    assert list(words) == given
    assert len(words) == 2
    assert words == Words(given)
    assert words != Words(given[:1])
    assert not Words()
    assert isinstance(next(iter(words)).start, int)
