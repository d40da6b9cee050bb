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
