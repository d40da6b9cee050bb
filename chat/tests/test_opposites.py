"""What counts as the same question: never its opposite, and often enough another way of asking it."""

from __future__ import annotations

import pytest

from chat import opposites
from chat.tests import question_pairs

# Of the ways of asking the same that were written for this; a miss costs a moment, so it need not be all.
FOUND_AT_LEAST = 0.6


def test_no_question_passes_for_one_that_differs_in_a_negation_a_number_a_name_or_a_role() -> None:
    pairs = question_pairs.opposites()
    taken = [
        (one, other)
        for _kind, language, one, other in pairs
        if not opposites.difference(one, other, language=language)
        or not opposites.difference(other, one, language=language)
    ]
    assert len(pairs) >= 100
    assert taken == []


def test_most_ways_of_asking_the_same_are_taken_for_the_same() -> None:
    pairs = question_pairs.paraphrases()
    found = [pair for pair in pairs if not opposites.difference(pair[1], pair[2], language=pair[0])]
    assert len(found) / len(pairs) >= FOUND_AT_LEAST


@pytest.mark.parametrize("language", ["en", "de", "fr", "zh"])
def test_spaces_the_last_sign_and_a_small_first_letter_change_nothing(language: str) -> None:
    assert opposites.difference(" what  is RB-203 ", "What is RB-203?", language=language) == ""


def test_in_a_language_without_rules_only_the_same_words_are_the_same() -> None:
    assert opposites.difference("Quel est le prix ?", "Quel est donc le prix ?", language="fr") == "language"


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("Is it allowed?", "Is it not allowed?", "negation"),
        ("What costs 5 EUR?", "What costs 6 EUR?", "number"),
        ("May I go?", "Must I go?", "modality"),
        ("What is due before May?", "What is due after May?", "time"),
        ("Are all rooms open?", "Are some rooms open?", "quantity"),
        ("Who calls Tom after Ann?", "Who calls Ann after Tom?", "order"),
        ("When does it open?", "When does it close?", "words"),
    ],
)
def test_it_says_what_sets_two_questions_apart(one: str, other: str, what: str) -> None:
    assert opposites.difference(one, other, language="en") == what
