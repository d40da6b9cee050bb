"""Hand-worked examples of each measure's definition."""

import math

import pytest

from evaluation.metrics import answers, retrieval

RANKED = ["b", "a", "x", "c"]
RELEVANT = {"a": 1.0, "c": 1.0}


def test_recall_is_the_share_of_relevant_documents_found():
    assert retrieval.recall_at(2, RANKED, RELEVANT) == 0.5
    assert retrieval.recall_at(4, RANKED, RELEVANT) == 1.0


def test_unwanted_sentences_are_shown_when_their_words_stand_one_after_another():
    text = "Paid on the **26th**. [1] Occasion: Blood donation; Paid days: half a day [2]"
    unwanted = ["occasion: blood donation; paid days: half a day", "Occasion: Moving house; Paid days: 1"]

    # One of two; the second shares words with the text, but does not stand in it.
    assert answers.unwanted_shown(text, unwanted) == 0.5
    assert answers.unwanted_shown("", unwanted) == 0
    assert not answers.holds_words(text, " [1] ")


@pytest.mark.parametrize(
    ("unwanted", "right", "text"),
    [
        (
            "Parking is free for visitors.",
            "Visitors pay 5 EUR for parking.",
            "Welcome. Visitors can park for free. [1]",
        ),
        ("The canteen opens at 11:30.", "The canteen opens at 12:00.", "From 11:30 on the canteen is open."),
        ("Contracts are signed by the team lead.", "Contracts are signed by legal.", "The team lead signs contracts."),
        ("Dogs are not allowed in the office.", "Dogs may come along.", "No dogs are allowed in the office. [2]"),
        ("Der Bonus wird im März gezahlt.", "Der Bonus wird im Mai gezahlt.", "Im März wird der Bonus ausgezahlt."),
    ],
)
def test_an_unwanted_sentence_is_shown_in_other_words_too(unwanted, right, text):
    assert not answers.holds_words(text, unwanted)
    assert answers.unwanted_shown(text, [unwanted], [right]) == 1


@pytest.mark.parametrize(
    ("unwanted", "right", "text"),
    [
        ("Parking is free for visitors.", "Visitors pay 5 EUR for parking.", "For visitors parking costs 5 EUR a day."),
        (
            "The canteen opens at 11:30.",
            "The canteen opens at 12:00.",
            "The canteen opens at 12:00 and closes at 14:30.",
        ),
        ("Contracts are signed by the team lead.", "Contracts are signed by legal.", "Legal signs the contracts."),
        ("Dogs are not allowed in the office.", "Dogs may come along.", "Dogs are allowed in the office."),
        ("Der Bonus wird im März gezahlt.", "Der Bonus wird im Mai gezahlt.", "Im Mai wird der Bonus ausgezahlt."),
        ("Parking is free for visitors.", "", "The bus to the office is free for staff."),
    ],
)
def test_a_right_answer_that_shares_words_with_an_unwanted_sentence_does_not_show_it(unwanted, right, text):
    assert answers.unwanted_shown(text, [unwanted], [right] if right else []) == 0


def test_recall_without_relevant_documents_is_no_score():
    with pytest.raises(ValueError, match="at least one"):
        retrieval.recall_at(5, RANKED, {})


def test_hit_asks_for_any_relevant_document():
    assert retrieval.hit_at(1, RANKED, RELEVANT) == 0.0
    assert retrieval.hit_at(2, RANKED, RELEVANT) == 1.0


def test_reciprocal_rank_looks_at_the_first_relevant_document():
    assert retrieval.reciprocal_rank(RANKED, RELEVANT) == 0.5
    assert retrieval.reciprocal_rank(["x"], RELEVANT) == 0.0


def test_ndcg_discounts_by_the_logarithm_of_the_rank():
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    best = 1 / math.log2(2) + 1 / math.log2(3)

    assert retrieval.ndcg_at(10, RANKED, RELEVANT) == pytest.approx(gained / best)
    assert retrieval.ndcg_at(10, ["a", "c"], RELEVANT) == pytest.approx(1.0)


def test_ndcg_honours_grades():
    assert retrieval.ndcg_at(2, ["low", "high"], {"high": 2.0, "low": 1.0}) < 1.0


def test_a_document_counts_once_at_its_best_passage():
    assert retrieval.first_of_each(["a", "b", "a"]) == ["a", "b"]


def test_gold_is_found_through_markers_case_and_spacing():
    assert answers.contains_any("You get **60  Days** [1] of leave.", ["60 days"])
    assert not answers.contains_any("You get 6 days.", ["60 days"])
    assert not answers.contains_any("anything", [""])


def test_first_sentences_leave_markers_out():
    text = "You get 60 days. [1] Part-time staff get the same. [2] Ask HR. [3]"

    assert answers.first_sentences(text, 1) == "You get 60 days."
    assert "Part-time" in answers.first_sentences(text, 2)
    assert answers.first_sentences("", 3) == ""
