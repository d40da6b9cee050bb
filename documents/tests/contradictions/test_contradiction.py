"""Pairs of sentences that contradict each other, in the same words and in others, and pairs that only look like it."""

from __future__ import annotations

import pytest

from documents.contradictions.contradiction import Contradiction, contradiction
from documents.contradictions.statements import statement, statements
from documents.contradictions.values import differ, values
from ragapp.llm import embedding

PLANTED = (
    (
        "Employees receive 30 days of annual leave per calendar year.",
        "Employees receive 27 days of annual leave per calendar year.",
        "en",
    ),
    (
        "Receipts must be submitted within 14 days of the end of a trip.",
        "Hand in your receipts no later than 30 days after the trip ends.",
        "en",
    ),
    (
        "Staff may work remotely up to three days a week.",
        "Employees can work from home for at most two days per week.",
        "en",
    ),
    ("The meal allowance is EUR 28 per day.", "The meal allowance is EUR 32 per day.", "en"),
    (
        "Visitors may take photographs in the production hall.",
        "Visitors may not take photographs in the production hall.",
        "en",
    ),
    ("The data protection officer is Anna Weiss.", "The data protection officer is Tom Hale.", "en"),
    ("Item: Hotel in London | Limit: £180 per night", "Item: Hotel in London | Limit: £210 per night", "en"),
    ("The reception desk opens at 8:00 on weekdays.", "On weekdays the reception desk opens at 9 am.", "en"),
    ("The new expense rules apply from 1 March 2026.", "The new expense rules apply from 1 April 2026.", "en"),
    ("Passwords must be changed every 90 days.", "Passwords must be changed every 180 days.", "en"),
    ("Private use of company cars is permitted.", "Private use of company cars is prohibited.", "en"),
    (
        "Die Kündigungsfrist beträgt in der Probezeit zwei Wochen.",
        "Die Kündigungsfrist in der Probezeit beträgt vier Wochen.",
        "de",
    ),
    ("The warranty period of the RB-203 pump is 24 months.", "The RB-203 pump has a warranty of 36 months.", "en"),
    (
        "Invoices above €5,000 need the approval of two managers.",
        "Invoices above €10,000 need the approval of two managers.",
        "en",
    ),
    (
        "Each new hire is assigned a mentor for the first six months.",
        "New hires have a mentor for their first three months.",
        "en",
    ),
    (
        "Business class may be booked for flights longer than 6 hours.",
        "Business class may be booked for flights longer than 8 hours.",
        "en",
    ),
    (
        "The company contributes 6% of gross salary to the pension scheme.",
        "The employer pays 4 percent of gross salary into the pension scheme.",
        "en",
    ),
    ("The cafeteria is open from 11:30 to 14:00.", "The cafeteria is open from 12:00 to 14:00.", "en"),
    (
        "Contractors are eligible for the training budget.",
        "Contractors are not eligible for the training budget.",
        "en",
    ),
    ("Backups are kept for 35 days.", "Backups of all servers are retained for 90 days.", "en"),
    (
        "Personal devices must not be connected to the production network.",
        "Personal devices may be connected to the production network.",
        "en",
    ),
    (
        "The maximum operating pressure of the VX-9 valve is 12 bar.",
        "VX-9 valve: maximum operating pressure 10 bar.",
        "en",
    ),
    (
        "Sick leave requires a doctor's note from the fourth day.",
        "A doctor's note is required from the third day of sick leave.",
        "en",
    ),
    ("Mileage is reimbursed at $0.58 per mile.", "We reimburse mileage at $0.67 per mile.", "en"),
    ("Los empleados tienen 23 días de vacaciones al año.", "Los empleados tienen 25 días de vacaciones al año.", "es"),
    ("Security incidents must be reported within 24 hours.", "Report security incidents within 72 hours.", "en"),
    (
        "Überstunden werden mit einem Zuschlag von 25 Prozent vergütet.",
        "Überstunden werden mit einem Zuschlag von 30 Prozent vergütet.",
        "de",
    ),
    ("The head of IT is Ruth Calder.", "Head of IT is Marcus Obi.", "en"),
    ("Unsere Datenschutzbeauftragte ist Lena Vogt.", "Unser Datenschutzbeauftragter ist Jan Petersen.", "de"),
    ("The first-aid kit is kept in the kitchen.", "The first-aid kit is kept in the mail room.", "en"),
    ("The general meeting will be held in Leeds.", "The general meeting will be held in Bristol.", "en"),
    ("The hotline is staffed from 7 am to 7 pm.", "Our hotline is staffed between 8:00 and 18:00.", "en"),
    ("Dogs are allowed in the Hamburg office.", "Dogs are not allowed in the Hamburg office.", "en"),
    (
        "Das Rauchen auf dem Balkon im dritten Stock ist gestattet.",
        "Das Rauchen auf dem Balkon im dritten Stock ist verboten.",
        "de",
    ),
    (
        "Die Krankmeldung ist innerhalb von drei Tagen vorzulegen.",
        "Die Krankmeldung muss innerhalb von einem Tag vorgelegt werden.",
        "de",
    ),
    ("A pull request needs two reviews.", "Every pull request needs one review.", "en"),
    ("Recordings of the cameras are kept for 10 days.", "Footage from the cameras is deleted after 72 hours.", "en"),
)
NONE = (
    ("Employees receive 14 days of notice.", "Employees receive two weeks of notice.", "en"),
    ("Employees in Germany get 30 days of annual leave.", "Employees in France get 25 days of annual leave.", "en"),
    ("Part-time staff get 15 days of annual leave.", "Full-time staff get 30 days of annual leave.", "en"),
    (
        "The warranty period of the RB-203 pump is 24 months.",
        "The warranty period of the RB-205 pump is 36 months.",
        "en",
    ),
    ("The reception opens at 9 am.", "The reception opens at 9:00.", "en"),
    ("Band: B | Days: 27", "Band: C | Days: 29", "en"),
    ("The team met on 3 May 2016 in Chicago.", "The team met on 7 June 2016 in Boston.", "en"),
    ("Lunch is served for 30 minutes.", "Breakfast is served for 20 minutes.", "en"),
    ("The hotel limit in London is £180 per night.", "The hotel limit in Paris is €150 per night.", "en"),
    ("Visitors may not enter the hall without a guide.", "Visitors may enter the hall with a guide.", "en"),
    ("Backups are kept for 35 days.", "Log files are kept for 90 days.", "en"),
    ("Report accidents within 24 hours.", "Report security incidents within 72 hours.", "en"),
    (
        "In der Probezeit beträgt die Kündigungsfrist zwei Wochen.",
        "Nach der Probezeit beträgt die Kündigungsfrist drei Monate.",
        "de",
    ),
    ("In 2019 we employed 120 people.", "In 2025 we employed 310 people.", "en"),
    ("The fire drill takes place in March.", "The fire drill in Madrid takes place in May.", "en"),
    ("The kit is kept in the kitchen.", "The kit is kept in the kitchen on the second floor.", "en"),
    (
        "If you are away for a while and can report, tell your manager before you leave the office.",
        "If you are away for a while and cannot report yet, tell the team and your manager by mail.",
        "en",
    ),
    ("Please allow 5 days for processing your application.", "Please allow 10 days for delivery of your order.", "en"),
)


def compared(a: str, b: str, language: str) -> Contradiction | None:
    left, right = statement(a, language=language), statement(b, language=language)

    def meaning() -> float:
        one, other = embedding.embed_passages([left.skeleton, right.skeleton])
        return float(one @ other)

    return contradiction(left, right, meaning=meaning)


@pytest.mark.parametrize(("a", "b", "language"), PLANTED)
def test_sentences_that_cannot_both_be_right_are_told(a: str, b: str, language: str) -> None:
    assert compared(a, b, language)


@pytest.mark.parametrize(("a", "b", "language"), NONE)
def test_sentences_about_two_things_or_of_one_value_are_none(a: str, b: str, language: str) -> None:
    assert compared(a, b, language) is None


def test_it_says_what_differs_in_the_words_of_both() -> None:
    found = compared(*PLANTED[0])

    assert found is not None
    assert (found.kind, found.left, found.right) == ("value", "30 days", "27 days")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two weeks", "14 days"),
        ("one month", "30 days"),
        ("8:30 pm", "20:30"),
        ("1 March 2026", "2026-03-01"),
        ("€1,500", "1.500,00 EUR"),
        ("50 %", "50 percent"),
    ],
)
def test_a_value_is_the_same_however_it_is_written(one: str, other: str) -> None:
    (a,), (b,) = values(one), values(other)

    assert a.kind == b.kind
    assert not differ(a, b)


def test_codes_versions_and_sections_are_no_values() -> None:
    assert [value.text for value in values("RB-203 needs 4.5 bar.")] == ["4.5 bar"]


def test_rows_and_list_items_are_statements_of_their_own() -> None:
    text = "City: London | Limit: £180\nCity: Paris | Limit: €150\n\nEat well. Sleep more than that."

    assert [text[one.start : one.end] for one in statements(text, language="en")] == [
        "City: London | Limit: £180",
        "City: Paris | Limit: €150",
        "Sleep more than that.",
    ]
