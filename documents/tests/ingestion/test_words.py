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


def test_shifted_words_keep_their_places_on_the_page_and_leave_the_others_alone() -> None:
    words = Words([Word(5, 9, 0.1, 0.25), Word(10, 12, 0.3, 0.9)])
    assert list(words.shifted(-5)) == [Word(0, 4, 0.1, 0.25), Word(5, 7, 0.3, 0.9)]
    assert next(iter(words)) == Word(5, 9, 0.1, 0.25)
