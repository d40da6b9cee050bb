"""What counts as support for a sentence of an answer."""

import pytest

from chat.answering.check import support
from chat.releases.settings import AnswerSettings

PASSAGE = (
    "Leave\nEvery employee who becomes a parent receives 60 days of paid parental leave. Trainees may not work from "
    "abroad. Requests of more than five days are entered six weeks ahead. The learning budget is 1,200 EUR a year."
)
BAR = AnswerSettings().supported_from


def of(claim: str, passage: str = PASSAGE) -> float:
    return support(claim, [passage], language="en")


@pytest.mark.parametrize(
    "claim",
    [
        "Every new parent receives 60 days of paid parental leave.",
        "Trainees may not work from abroad.",
        "Requests of more than 5 days are entered 6 weeks ahead.",
        "The learning budget is 1200 EUR a year.",
    ],
)
def test_what_the_passage_says_is_supported(claim: str) -> None:
    assert of(claim) >= BAR


@pytest.mark.parametrize(
    "claim",
    [
        "Every new parent receives 90 days of paid parental leave.",
        "Trainees may work from abroad.",
        "Employees who become a parent do not receive paid parental leave.",
        "Requests of more than five days are entered eight weeks ahead.",
        "The canteen serves lunch until two.",
    ],
)
def test_other_figures_denials_and_matters_are_not_supported(claim: str) -> None:
    assert of(claim) < BAR


def test_a_not_that_belongs_to_another_part_of_the_sentence_takes_no_support_away() -> None:
    passage = "You may work from home two days a week, but not on the days when the team meets on site."

    assert of("You may work from home two days a week.", passage) >= BAR


def test_a_turned_round_sentence_in_german_is_not_supported() -> None:
    passage = "Vertrauliche Unterlagen in Papierform dürfen den Betrieb nicht verlassen."

    right = support("Vertrauliche Unterlagen dürfen den Betrieb nicht verlassen.", [passage], language="de")
    wrong = support("Vertrauliche Unterlagen in Papierform dürfen den Betrieb verlassen.", [passage], language="de")

    assert right >= BAR > wrong


def test_nothing_supports_where_there_is_no_text() -> None:
    assert support("Lunch is at noon.", [""], language="en") == 0.0
