"""Versions of a document among the passages: conflicts in spelled numbers, what is out of date, and what is none."""

from dataclasses import replace
from datetime import date

from chat.answering import extract
from chat.releases.settings import AnswerSettings
from chat.tests.test_decide import decided, hit, sentence

QUESTION = "How long is the leave for the second parent?"
TWO, SIX = "The second parent has leave for two weeks.", "The second parent has leave for six weeks."


def test_numbers_that_are_spelled_disagree_too() -> None:
    hits = [hit("Leave policy 2024", TWO), hit("Leave policy 2026", SIX)]

    decision = decided(hits, [sentence(0, TWO, 12.0), sentence(1, SIX, 11.5)], QUESTION)

    assert (decision.status, decision.followed, decision.set_aside) == ("caveat", 1, 0)


def test_what_a_newer_version_says_anew_is_not_taken_from_the_older_one() -> None:
    other = "The leave for a second parent is asked for in the portal, which HR looks at for a day."
    hits = [hit("Portal", other), hit("Leave policy 2024", TWO), hit("Leave policy 2026", SIX)]
    evidence = [sentence(0, other, 12.0), sentence(1, TWO, 11.5), sentence(2, SIX, 11.4)]

    decision = decided(hits, evidence, QUESTION)
    asked_for = decided(hits, evidence, "How long was the leave for the second parent in 2024?")

    shown = extract.choose(evidence, decision, AnswerSettings())
    assert [piece.text for piece in shown] == [other, SIX]
    assert 1 not in asked_for.ignored


def test_reports_of_another_quarter_or_company_are_no_versions() -> None:
    text = "The order intake of the quarter was 12 million, as it had been expected."
    more = text.replace("12", "15")
    names = frozenset({"rye", "q2"})
    first = hit("q2-2024", text, path="rye/q2-2024.pdf", found_by=names)
    company = hit("q2-2024", more, path="ely/q2-2024.pdf", found_by=frozenset({"q2"}))
    quarter = hit("q1-2024", more, path="rye/q1-2024.pdf", found_by=frozenset({"rye"}))
    question = "How high was the order intake of Rye in Q2 2024?"

    for other in (company, quarter):
        hits = [first, replace(other, document_id=hit("another", more).document_id)]
        assert decided(hits, [sentence(0, text, 12.0), sentence(1, more, 11.5)], question).set_aside is None


def test_a_year_that_no_passage_is_about_is_not_answered() -> None:
    text = "The leave for the second parent was six weeks long."
    evidence = [replace(sentence(0, text, 14.0), dense=0.9)]

    def status(question: str, **fields: object) -> str:
        return decided([hit("Leave policy", text, **fields)], evidence, question).status

    asked = "How long was the leave for the second parent in 2019?"
    assert status(asked) == "not_found"
    assert status(asked, valid_from=date(2019, 5, 1)) != "not_found"
    assert status(asked.replace("2019", "2026")) != "not_found"
