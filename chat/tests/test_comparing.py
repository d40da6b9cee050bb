"""Questions that compare two things, or ask for the most or the least of a table."""

from dataclasses import replace
from datetime import date

import pytest

from chat.answering import comparing, decide, weigh
from chat.releases.settings import AnswerSettings
from chat.tests.test_decide import hit

pytestmark = pytest.mark.django_db
GRADES = (
    "Grade: G1 | Salary: 24,500 EUR | Notice period: 4 weeks\n"
    "Grade: G2 | Salary: 30,000 EUR | Notice period: 2 months\n"
    "Grade: G3 | Salary: 9,800 EUR | Notice period: 10 days"
)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Did Rye or Ely have more guests in 2024?", ("Rye have guests in 2024?", "Ely have guests in 2024?")),
        ("Which is longer, leave for her or for him?", ("Which is leave for her?", "Which is leave for him?")),
        ("Is study leave longer than jury service?", ("study leave?", "jury service?")),
        ("What is the difference between a grant and a loan?", ("a grant?", "a loan?")),
        ("Hat Kiel oder Bremen mehr Mitarbeiter?", ("Kiel Mitarbeiter?", "Bremen Mitarbeiter?")),
        ("May I take leave in June or July?", ()),
        ("How long is study leave?", ()),
    ],
)  # fmt: skip
def test_a_question_that_compares_is_asked_once_for_each_side(question: str, sides: tuple[str, ...]) -> None:
    assert comparing.sides(question) == sides


def test_both_sides_are_shown_with_a_caution_and_refused_where_one_is_missing() -> None:
    museums = replace(hit("Otley", "The museum in Otley has 310 visitors a day."), score=1.0)
    ripon = hit("Ripon", "The museum in Ripon has 270 visitors a day.")

    def decided(*hits: decide.Hit) -> decide.Decision:
        question = "Does the museum in Otley or in Ripon have more visitors a day?"
        evidence = weigh.run(question, hits, languages=("en",), settings=AnswerSettings())
        return decide.run(
            question,
            evidence,
            hits,
            languages=("en",),
            today=date(2026, 11, 23),
            settings=AnswerSettings(),
            has_model=False,
            compared=comparing.run(question, evidence, hits, languages=("en",), settings=AnswerSettings()),
        )

    both, one = decided(museums, ripon), decided(museums)

    assert (both.status, both.reason) == ("caveat", "compared")
    assert [piece.hit for piece in both.compared] == [0, 1]
    assert not one.compared


@pytest.mark.parametrize(
    ("question", "grades"),
    [
        ("Which grade has the longest notice period?", ["G2", "G1", "G3"]),
        ("Which grade has the shortest notice period?", ["G3", "G1", "G2"]),
        ("Which grade has the highest salary?", ["G2", "G1", "G3"]),
        ("Which grade is the highest?", []),
        ("What is the highest salary of G2?", []),
        ("What is the notice period of G2?", []),
    ],
)
def test_rows_are_shown_by_the_column_that_is_asked_for(question: str, grades: list[str]) -> None:
    hits = [hit("Pay", GRADES)]
    evidence = weigh.run(question, hits, languages=("en",), settings=AnswerSettings())

    rows = comparing.ranked(question, evidence, hits, languages=("en",), most=4)

    assert [row.text[7:9] for row in rows] == grades
