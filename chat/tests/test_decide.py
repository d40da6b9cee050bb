"""Whether passages suffice, and which of two versions is followed."""

import uuid
from dataclasses import replace
from datetime import date

import pytest

from chat.answering import decide, decide_fit
from chat.answering.types import Evidence
from chat.releases.settings import AnswerSettings
from documents.retrieval.types import Hit

TODAY = date(2026, 11, 22)
QUESTION = "How much is paid per kilometre for a private car?"


def hit(title: str, text: str, **fields: object) -> Hit:
    made = Hit(
        chunk_id=1,
        document_id=uuid.uuid5(uuid.NAMESPACE_URL, title),
        version_id=1,
        version_number=1,
        extraction_id=1,
        collection_id=1,
        collection="Policies",
        title=title,
        path="policy.md",
        heading_path="Cars",
        text=text,
        start=0,
        end=len(text),
        page=1,
        valid_from=None,
        language="en",
        score=1.0,
    )
    return replace(made, **fields)


def sentence(place: int, text: str, score: float) -> Evidence:
    return Evidence(
        hit=place, start=0, end=len(text), text=text, kind="sentence", around="Cars", score=score, dense=0.8
    )


OLD = "For a private car we pay 0.30 EUR per kilometre."
NEW = "For a private car we pay 0.38 EUR per kilometre."


def decided(hits: list[Hit], evidence: list[Evidence], question: str = QUESTION) -> decide.Decision:
    settings = AnswerSettings()
    return decide.run(question, evidence, hits, languages=["en"], today=TODAY, settings=settings, has_model=False)


def test_the_later_of_two_versions_is_followed_and_said() -> None:
    hits = [hit("Travel Policy 2025", OLD), hit("Travel Policy 2026", NEW)]

    decision = decided(hits, [sentence(0, OLD, 12.0), sentence(1, NEW, 11.5)])

    assert (decision.status, decision.followed, decision.set_aside) == ("caveat", 1, 0)


def test_a_version_that_is_not_valid_yet_is_not_followed() -> None:
    hits = [
        hit("Travel Policy", OLD, valid_from=date(2025, 1, 1)),
        hit("Travel Policy (draft)", NEW, valid_from=date(2027, 1, 1)),
    ]

    decision = decided(hits, [sentence(1, NEW, 12.0), sentence(0, OLD, 11.5)])

    assert (decision.status, decision.followed) == ("caveat", 0)


def test_the_version_that_was_asked_for_is_followed_without_a_caveat() -> None:
    hits = [hit("Travel Policy 2025", OLD), hit("Travel Policy 2026", NEW)]

    decision = decided(hits, [sentence(1, NEW, 12.0), sentence(0, OLD, 11.5)], f"{QUESTION} In 2025?")

    assert (decision.status, decision.followed, decision.set_aside) == ("answered", 0, None)
    assert decision.ignored == {1}


def test_versions_without_dates_that_disagree_are_a_conflict() -> None:
    hits = [hit("Travel Policy", OLD), hit("Travel policy", NEW)]

    assert decided(hits, [sentence(0, OLD, 12.0), sentence(1, NEW, 11.5)]).status == "conflict"


def test_versions_that_say_the_same_are_no_rivals() -> None:
    hits = [hit("Travel Policy 2025", OLD), hit("Travel Policy 2026", OLD)]

    assert decided(hits, [sentence(0, OLD, 12.0), sentence(1, OLD, 11.5)]).status == "answered"


def test_nothing_found_is_not_found() -> None:
    decision = decided([], [])

    assert (decision.status, decision.reason) == ("not_found", "nothing_found")


def test_an_answer_that_is_as_likely_as_not_comes_with_a_caveat() -> None:
    hits = [hit("Cars", NEW)]
    near = replace(sentence(0, NEW, 9.0), dense=0.6)
    settings = AnswerSettings(caveat_below=0.99, refuse_below=0.01)

    def of(has_model: bool) -> decide.Decision:
        return decide.run(QUESTION, [near], hits, languages=["en"], today=TODAY, settings=settings, has_model=has_model)

    assert (of(False).status, of(False).reason) == ("caveat", "in_part")
    assert (of(True).status, of(True).reason) == ("answered", "answers")


def test_a_name_that_no_passage_has_weighs_against_an_answer() -> None:
    hits = [hit("Pumps", "The noise level of the RB-203 is 71 dB.")]
    evidence = [sentence(0, hits[0].text, 9.0)]

    known = decide.measure("What is the noise level of the RB-203?", evidence, hits, languages=["en"])
    unknown = decide.measure("What is the noise level of the XQ-9?", evidence, hits, languages=["en"])

    assert unknown["rest"] < known["rest"]


def test_fitting_tells_answerable_from_unanswerable() -> None:
    good = {"dense": 0.7, "gap": 0.3, "rest": 0.8, "score": 0.8}
    bad = {"dense": 0.3, "gap": 0.1, "rest": 0.1, "score": 0.4}
    shifted = [{name: value + step / 100 for name, value in one.items()} for step in range(10) for one in (good, bad)]

    fitted = decide_fit.fit(shifted, [True, False] * 10)

    assert decide.probability(good, fitted.weights) > fitted.refuse_below > decide.probability(bad, fitted.weights)
    assert fitted.refused_unanswerable == 1.0


def test_fitting_needs_questions_of_both_kinds() -> None:
    with pytest.raises(ValueError):
        decide_fit.fit([{"dense": 0.7, "gap": 0.3, "rest": 0.8, "score": 0.8}], [True])
