"""Words of a line are small, and what they were made of."""

from __future__ import annotations

import pytest

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


def test_words_travel_as_numbers() -> None:
    words = Words([Word(5, 9, 0.1, 0.25), Word(10, 12, 0.3, 0.9)]).shifted(3)
    assert words.numbers() == [8, 12, 0.1, 0.25, 13, 15, 0.3, 0.9]
    assert Words.of(words.numbers()) == words
    assert Words.of([]) == Words()


@pytest.mark.parametrize("numbers", [[1, 2, 0.1], [0.5, 2, 0.1, 0.2], ["1", 2, 0.1, 0.2], [1, 1 << 40, 0.1, 0.2]])
def test_what_a_broken_parser_sends_is_refused(numbers: list[float]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Words.of(numbers)
