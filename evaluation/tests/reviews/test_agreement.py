"""Kappa, worked by hand."""

import pytest

from evaluation.models import Review
from evaluation.reviews import agreement
from ragapp.accounts.models import User


def test_cohens_kappa_worked_by_hand():
    # 50 items: 20 both yes, 15 both no, 5 yes/no, 10 no/yes. Observed 0.7; chance 0.5·0.6 + 0.5·0.4 = 0.5.
    pairs = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10

    found = agreement.cohen(pairs)

    assert found.kappa == pytest.approx(0.4)
    assert found.agreed == pytest.approx(0.7)
    assert found.items == 50
    assert found.low < 0.4 < found.high


def test_fleiss_kappa_worked_by_hand():
    # Three raters, four items. Pairs that agree: 1, 1/3, 1, 1/3; mean 2/3. "a" stands 3 + 2 + 0 + 2 = 7 of 12 times.
    found = agreement.fleiss([list("aaa"), list("aab"), list("bbb"), list("aba")])

    chance = (7 / 12) ** 2 + (5 / 12) ** 2
    assert found.kappa == pytest.approx((2 / 3 - chance) / (1 - chance))


def test_items_that_one_person_judged_do_not_count():
    assert agreement.fleiss([["a"], ["a", "a"], ["b", "b", "b"]]).items == 2


def test_perfect_agreement_is_one_and_certain_only_over_many_items():
    few, many = (agreement.cohen([("a", "a"), ("b", "b")] * n) for n in (4, 100))

    assert (few.kappa, few.high, many.kappa, many.high) == (1.0, 1.0, 1.0, 1.0)
    # Eight of eight agree at .631 in one of forty; chance is .5.
    assert few.low == pytest.approx((0.025 ** (1 / 8) - 0.5) / 0.5)
    assert many.low > 0.95


def test_where_all_say_the_same_thing_kappa_is_not_defined():
    found = agreement.cohen([("a", "a")] * 8)

    assert (found.kappa, found.low, found.agreed) == (None, None, 1.0)


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="two people"):
        agreement.fleiss([["a"]])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    import numpy as np

    # Two raters who copy each other with chance 0.6, else toss a coin: kappa is 0.6.
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(60):
        first = rng.integers(0, 2, 120)
        second = np.where(rng.random(120) < 0.6, first, rng.integers(0, 2, 120))
        found = agreement.cohen(list(zip(first.tolist(), second.tolist(), strict=True)))
        covered += found.low <= 0.6 <= found.high

    assert covered >= 53


@pytest.mark.django_db
def test_the_overview_counts_answers_that_two_people_judged(world):
    tom = User.objects.create_user("tom", password="correct horse battery")
    for said in ("good", "good", "bad", "bad", "partly"):
        answer = world.answer()
        Review.objects.create(answer=answer, reviewer=world.rita, verdict=said)
        Review.objects.create(answer=answer, reviewer=tom, verdict=said)
    Review.objects.create(answer=world.answer(), reviewer=tom, verdict="bad")

    found = agreement.overview()

    assert [(name, kappa.kappa, kappa.items) for name, kappa in found.fleiss] == [("verdict", 1.0, 5)]
    assert (found.pairs[0].kappa.kappa, found.reviewers) == (1.0, 2)
