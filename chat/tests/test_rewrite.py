"""Follow-ups keep their subject; other subjects stay clean."""

import pytest

from chat.answering.rewrite import stand_alone
from chat.answering.types import Exchange


def rewritten(first: str, second: str) -> str:
    return stand_alone(second, [Exchange(question=first)])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("How much may a hotel cost in London?", "What about Zurich?", "How much may a hotel cost in Zurich?"),
        ("What is the maximum flow of the RB-203/5?", "And of the /9?", "What is the maximum flow of the RB-203/9?"),
        (
            "What is the notice period after three years of service?",
            "And after more than ten?",
            "What is the notice period after more than ten years of service?",
        ),
        (
            "What payment do I get after 25 years with the company?",
            "And after 40?",
            "What payment do I get after 40 years with the company?",
        ),
        ("Wie viel darf ein Hotel in London kosten?", "Und in Paris?", "Wie viel darf ein Hotel in Paris kosten?"),
    ],
)
def test_a_part_takes_the_place_of_its_counterpart(first: str, second: str, expected: str) -> None:
    assert rewritten(first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("How many days of parental leave do I get?", "Which form do I hand in for it?", ("parental", "leave")),
        ("What does fault E-11 on the RB-203 mean?", "How do I fix it?", ("E-11", "RB-203")),
        ("Can I take a sabbatical?", "How far ahead do I have to apply?", ("sabbatical",)),
        ("Wie viele Tage darf ich mobil arbeiten?", "Gilt das auch für Auszubildende?", ("mobil", "Auszubildende")),
        ("What is the premium of the Plus plan?", "How much of that does the company not pay?", ("Plus", "not")),
    ],
)
def test_a_word_that_points_back_brings_the_subject_along(first: str, second: str, words: tuple[str, ...]) -> None:
    text = rewritten(first, second)

    assert all(word in text for word in words)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How many days of parental leave do I get?", "What does fault E-21 on the RB-203 mean?"),
        ("What is the list price of the TQ-1?", "How do I get a parking permit in Limerick?"),
        ("How long does a firmware pilot last?", "On which day is the salary paid?"),
        ("Wie lange dauert die Probezeit?", "Wo melde ich einen Unfall?"),
    ],
)
def test_another_subject_stays_as_it_is(first: str, second: str) -> None:
    assert rewritten(first, second) == second


def test_the_first_question_of_a_conversation_stays_as_it_is() -> None:
    assert stand_alone("And for part-time staff?", []) == "And for part-time staff?"
