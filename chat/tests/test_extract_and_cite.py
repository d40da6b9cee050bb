"""Sentences cut from passages, answers made of them, and markers bound to the words that support them."""

from dataclasses import replace

import pytest

from chat.answering import check, cite, extract, weigh
from chat.answering.types import Decision, Draft
from chat.releases.settings import AnswerSettings
from chat.tests.test_decide import hit, sentence

pytestmark = pytest.mark.django_db
DECISION = Decision(status="answered", sufficiency=0.9)
PASSAGE = """Notice periods
The notice period depends on the length of service:
- up to two years: four weeks
- more than two years: three months
Length of service: 5 to 10 years | Notice period: 3 months
Write to the People Team. They answer within a week."""


def test_a_passage_is_cut_into_sentences_rows_and_items_with_what_leads_to_them() -> None:
    passage = hit("Handbook", PASSAGE, heading_path="Notice periods", start=100, end=100 + len(PASSAGE))

    found = weigh.pieces(passage, 0)

    assert [(piece.kind, piece.text[:12]) for piece in found] == [
        ("sentence", "The notice p"),
        ("item", "- up to two "),
        ("item", "- more than "),
        ("row", "Length of se"),
        ("sentence", "Write to the"),
        ("sentence", "They answer "),
    ]
    assert found[1].lead_in == "The notice period depends on the length of service:"
    assert all(PASSAGE[piece.start - 100 : piece.end - 100] == piece.text for piece in found)


def test_sentences_with_the_questions_words_are_compared_by_meaning_and_all_where_none_has_them() -> None:
    passage = hit("Handbook", PASSAGE, heading_path="Notice periods", start=100, end=100 + len(PASSAGE))
    few = AnswerSettings(embedded_sentences=2)

    found = weigh.run("How long is the notice period?", [passage], languages=("en",), settings=few)
    foreign = weigh.run("¿Quién responde?", [passage], languages=("es",), settings=few)

    assert len(found) == 2
    assert all("notice period" in f"{piece.around} {piece.text}" for piece in found)
    assert len(foreign) == 6


def test_each_sentence_has_its_marker_and_neighbours_share_one() -> None:
    text = "Hotels cost up to 155 EUR. Breakfast is included."
    first, second = sentence(0, text[:26], 12.0), sentence(0, text[27:], 11.0)
    second = type(second)(**{name: getattr(second, name) for name in second.__slots__} | {"start": 27, "end": 49})

    draft = extract.run([first, second], [hit("Policy", text)], DECISION, language="en", settings=AnswerSettings())

    assert draft.text == "Hotels cost up to 155 EUR. [1] Breakfast is included. [1]"
    assert draft.quotes == {1: (0, 49)}


def test_a_sentence_that_repeats_another_is_left_out_unless_its_figures_differ() -> None:
    said = "We pay 0.38 EUR for each kilometre driven on business."
    again = "For each kilometre driven on business we pay 0.38 EUR."
    other = "For each kilometre driven on business we pay 0.05 EUR."
    evidence = [sentence(0, said, 12.0), sentence(1, again, 11.9), sentence(2, other, 11.8)]

    assert extract.choose(evidence, DECISION, AnswerSettings()) == [evidence[0], evidence[2]]


def test_other_documents_add_only_what_is_as_near_to_the_question_and_about_what_it_names() -> None:
    first = replace(sentence(0, "The shop manager is Ewa Hobbs.", 12.0), dense=0.6)
    elsewhere = replace(sentence(1, "The shop manager is Bert Sykes.", 12.0), dense=0.6, names=0.0)
    farther = replace(sentence(1, "Cars without a permit are clamped.", 11.5), dense=0.4)
    footer = replace(sentence(0, "Otley, page 2", 11.0), dense=0.6, kind="item")
    beside = replace(sentence(0, "She is in on weekdays.", 11.0), dense=0.3)

    evidence = [first, elsewhere, farther, footer, beside]

    assert extract.choose(evidence, DECISION, AnswerSettings()) == [first, beside]


@pytest.mark.parametrize(
    ("after", "is_shown"),
    [("No decision was made.", True), ("However, it is closed on Sunday.", True), ("He left at noon.", False)],
)
def test_a_sentence_is_not_shown_without_the_next_one_that_takes_it_back(after: str, is_shown: bool) -> None:
    proposed = "Leon proposed to open on Sundays."
    passage = hit("Minutes", f"{proposed} {after} The meeting ended at five.")

    draft = extract.run([sentence(0, proposed, 12.0)], [passage], DECISION, language="en", settings=AnswerSettings())

    assert (after in draft.text) is is_shown
    assert draft.quotes == {1: (0, len(proposed) + (1 + len(after)) * is_shown)}


def test_what_takes_a_sentence_back_is_said_once_though_it_was_chosen_too() -> None:
    said = ["Shops open on Sundays.", "However, the bakery stays closed.", "But not in December."]
    passage = hit("Minutes", " ".join(said))
    starts = [0, len(said[0]) + 1, len(said[0]) + len(said[1]) + 2]
    evidence = [
        replace(sentence(0, text, 12.0 - n), start=starts[n], end=starts[n] + len(text))
        for n, text in ((1, said[1]), (0, said[0]), (2, said[2]))
    ]

    draft = extract.run(evidence, [passage], DECISION, language="en", settings=AnswerSettings())

    assert draft.text == f"{' '.join(said)} [1]"


def test_a_row_is_shown_as_names_and_values_and_numbers_in_brackets_are_no_markers() -> None:
    row = sentence(0, "City: Zurich | Ceiling: 240 [3]", 12.0)
    row = type(row)(**{name: getattr(row, name) for name in row.__slots__} | {"kind": "row"})

    assert extract.shown_as(row) == "City: Zurich; Ceiling: 240 (3)"


def test_the_version_that_is_not_followed_is_quoted_last() -> None:
    hits = [hit("Policy 2025", "We pay 0.30 EUR."), hit("Policy 2026", "We pay 0.38 EUR.")]
    evidence = [sentence(0, "We pay 0.30 EUR.", 12.0), sentence(1, "We pay 0.38 EUR.", 11.0)]
    decision = Decision(status="caveat", sufficiency=0.9, followed=1, set_aside=0, ignored=frozenset({0}))

    draft = extract.run(evidence, hits, decision, language="de", settings=AnswerSettings())

    assert draft.text.startswith("We pay 0.38 EUR. [1]")
    assert draft.text.endswith("We pay 0.30 EUR. [2]")
    assert "Zwei Dokumente" in draft.text


def test_two_documents_of_one_title_are_named_with_their_paths() -> None:
    hits = [replace(hit("Leave", f"We give {days} days."), path=f"{days}_leave.md") for days in (28, 30)]
    evidence = [sentence(0, "We give 28 days.", 12.0), sentence(1, "We give 30 days.", 11.0)]
    decision = Decision(status="conflict", sufficiency=0.9, followed=1, set_aside=0, ignored=frozenset({0}))

    draft = extract.run(evidence, hits, decision, language="en", settings=AnswerSettings())

    assert "Two documents say" in draft.text
    assert "“Leave (30\\_leave.md)”; “Leave (28\\_leave.md)” says" in draft.text


def test_markers_behind_the_full_stop_belong_to_the_sentence_before() -> None:
    said = cite.split("Claims are paid on Fridays. [2][1] Hand them in early [3].")

    assert [(one.text, one.markers) for one in said] == [
        ("Claims are paid on Fridays.", (2, 1)),
        ("Hand them in early.", (3,)),
    ]


def test_a_marker_quotes_the_sentence_of_its_passage_that_says_it() -> None:
    passage = hit(
        "Policy", "Trains come first. Approved claims are paid every Friday. Taxis are rare.", start=50, end=122
    )
    draft = Draft(text="Claims are paid on Fridays [1].", markers={1: 0}, model="scripted")

    _, cited = cite.run(draft, [passage])

    assert cited[0].quote == "Approved claims are paid every Friday."
    assert (cited[0].quote_start, cited[0].quote_end) == (69, 107)


def test_a_sentence_with_a_figure_that_its_source_lacks_is_not_supported() -> None:
    passage = hit("Policy", "Approved claims are paid every Friday, up to 25 EUR without a receipt.")
    draft = Draft(
        text="Claims are paid every Friday [1]. Up to 99 EUR need no receipt [1]. Nobody said this.",
        markers={1: 0},
        model="scripted",
    )
    said, cited = cite.run(draft, [passage])

    checked = check.run(draft, said, cited, supported_from=AnswerSettings().supported_from)

    assert [one.is_supported for one in checked] == [True, False, False]
    assert checked[2].support is None
