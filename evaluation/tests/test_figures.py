"""From results to figures."""

import pytest

from evaluation.metrics.catalogue import ALSO_CALLED, METRICS
from evaluation.metrics.figures import Result, by_category, summarise


def result(key="1", *, status="answered", repeat=0, permitted=True, category="", **measures) -> Result:
    return Result(
        unit=(key,), repeat=repeat, is_permitted=permitted, status=status, measures=measures, category=category
    )


def test_no_two_listed_metrics_have_one_name():
    titles = [str(metric.title) for name, metric in METRICS.items() if name not in ALSO_CALLED]

    assert len(titles) == len(set(titles))


def test_figures_leave_out_questions_they_do_not_apply_to():
    figures = summarise(
        [
            result("1", **{"recall@5": 1.0, "gold_shown": 1.0, "ms": 5}),
            result("2", status="not_found", unanswerable_refused=1.0, ms=5),
            result("3", permitted=False, gold_shown=1.0, leak=1.0, ms=5),
        ]
    )

    assert figures["recall@5"]["mean"] == 1.0
    assert figures["recall@5"]["n"] == 1
    assert figures["mrr"] is None
    assert figures["unanswerable_refused"]["mean"] == 1.0
    assert figures["leaks"] == 1


def test_an_answer_that_failed_is_counted_and_is_no_score():
    figures = summarise(
        [result("1", token_f1=0.5), result("2", status="failed", token_f1=0.0), result("3", status="error")]
    )

    assert figures["token_f1"]["mean"] == 0.5
    assert figures["token_f1"]["n"] == 1
    assert figures["failed"] == 2


def test_repeats_count_as_one_case_and_say_how_far_they_spread():
    figures = summarise(
        [
            result("1", repeat=0, gold_shown=1.0),
            result("1", repeat=1, gold_shown=0.0),
            result("2", repeat=0, gold_shown=1.0),
            result("2", repeat=1, gold_shown=1.0),
        ]
    )

    # Means of the repeats: 1 and 0.5, whose standard deviation is 0.3536.
    assert figures["gold_shown"]["mean"] == 0.75
    assert figures["gold_shown"]["n"] == 2
    assert figures["gold_shown"]["spread"] == pytest.approx(0.3536)
    assert figures["questions"] == 2


def test_five_right_answers_of_five_do_not_prove_a_hundred_per_cent():
    figure = summarise([result(str(n), gold_shown=1.0) for n in range(5)])["gold_shown"]

    # Wilson: 1 / (1 + 1.96² / 5).
    assert figure["low"] == pytest.approx(0.5655, abs=1e-4)
    assert figure["high"] == 1.0


def test_a_metric_is_shown_by_category():
    found = by_category([result("1", category="hr", mrr=1.0), result("2", category="it", mrr=0.5)], "mrr")

    assert {name: figure["mean"] for name, figure in found.items()} == {"hr": 1.0, "it": 0.5}
