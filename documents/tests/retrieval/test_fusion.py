"""Two ranked lists become one."""

from documents.retrieval import fusion


def test_a_passage_that_both_legs_found_comes_before_those_that_one_found() -> None:
    assert fusion.by_score({1: 0.9, 2: 0.8, 3: 0.1}, {2: 12.0, 4: 11.0, 5: 1.0})[0][0] == 2


def test_scores_are_stretched_before_they_are_added() -> None:
    fused = dict(fusion.by_score({1: 0.30, 2: 0.20}, {2: 40.0, 3: 10.0}, dense_weight=0.5))
    assert fused == {1: 0.5, 2: 0.5, 3: 0.0}


def test_equal_scores_are_ordered_by_chunk_so_that_every_run_is_the_same() -> None:
    assert [at for at, _ in fusion.by_score({9: 0.5, 3: 0.5}, {})] == [3, 9]


def test_an_empty_leg_leaves_the_order_of_the_other() -> None:
    assert [at for at, _ in fusion.by_score({}, {7: 1.0, 8: 3.0})] == [8, 7]
    assert fusion.by_score({}, {}) == []
