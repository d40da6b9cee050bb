"""Differences that may be looked at every day: rarely a false winner, mostly a true one."""

import math

import numpy as np
import pytest

from evaluation.statistics.sequences import (
    Arm,
    boundary,
    deviation_of,
    difference,
    imbalance,
    people_needed,
)

DAYS, RUNS = 20, 300


def won(*, effect: float, people: int, spread: float, seed: int) -> float:
    """The share of experiments with a winner at any of the daily looks. People come again, each with their habit."""
    random = np.random.default_rng(seed)
    winners = 0
    for _ in range(RUNS):
        is_treated = random.random(people) < 0.5
        habit = np.clip(random.normal(0.7, spread, people) + effect * is_treated, 0.01, 0.99)
        first_day = random.integers(0, DAYS, people)
        count, total = np.zeros(people), np.zeros(people)
        for day in range(DAYS):
            asked = random.poisson(0.8, people) * (first_day <= day)
            count += asked
            total += random.binomial(asked, habit)
            arms = [
                Arm(total=total[who & (count > 0)], count=count[who & (count > 0)]) for who in (~is_treated, is_treated)
            ]
            found = difference(*arms, planned=people)
            if found.is_known and not found.low <= 0 <= found.high:
                winners += 1
                break
    return winners / RUNS


@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_with_equal_arms_looking_every_day_finds_a_winner_in_at_most_one_of_twenty_experiments(spread: float) -> None:
    assert won(effect=0.0, people=400, spread=spread, seed=1) <= 0.05


def test_a_difference_that_was_planned_for_is_found_four_times_out_of_five() -> None:
    deviation = math.sqrt(0.2**2 + 0.7 * 0.3 / 4)  # some answers a person, not all of them on the first day
    people = people_needed(deviation, 0.15)

    assert 100 < people < 400
    assert won(effect=0.15, people=people, spread=0.2, seed=2) >= 0.8


def test_the_interval_is_wider_than_that_of_a_single_look_and_narrowest_where_it_was_planned() -> None:
    reach = [boundary(clock, planned=400) for clock in (1, 10, 100, 1000, 10_000)]

    assert min(reach) == boundary(100, planned=400)
    assert 2.9 < min(reach) < 3.2


def test_the_error_counts_people_and_not_their_answers() -> None:
    random = np.random.default_rng(3)
    once = random.binomial(1, 0.5, 200).astype(float)
    alone = Arm(total=once, count=np.ones(200))
    tenfold = Arm(total=once * 10, count=np.full(200, 10.0))

    assert deviation_of(tenfold) == pytest.approx(deviation_of(alone))
    one, ten = (difference(arm, arm, planned=400) for arm in (alone, tenfold))
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high))


@pytest.mark.parametrize(("heavy", "people"), [(1, 120), (3, 120), (30, 200)])
def test_where_a_few_ask_nearly_everything_equal_arms_still_have_no_winner(heavy: int, people: int) -> None:
    """Ten answers a day of each of `heavy` people, the most that count, beside one in twenty days of the others."""
    random = np.random.default_rng(heavy)
    rate = np.where(np.arange(people) < heavy, 10.0, 0.05)
    winners = 0
    for _ in range(RUNS):
        is_treated, habit = random.random(people) < 0.5, random.beta(2.8, 1.2, people)
        count, total = np.zeros(people), np.zeros(people)
        for _day in range(DAYS):
            asked = np.minimum(random.poisson(rate), 10)
            count, total = count + asked, total + random.binomial(asked, habit)
            arms = [Arm(total=total[who], count=count[who]) for who in (~is_treated, is_treated)]
            found = difference(*arms, planned=people)
            if found.is_known and not found.low <= 0 <= found.high:
                winners += 1
                break

    assert winners / RUNS <= 0.05


def test_the_error_is_that_of_leaving_out_one_person_at_a_time() -> None:
    arm = Arm(total=np.array([8.0, 1.0, 0.0]), count=np.array([10.0, 1.0, 2.0]))
    without = (1 / 3, 8 / 12, 9 / 11)
    variance = 2 / 3 * sum((mean - 9 / 13) ** 2 for mean in without)

    assert deviation_of(arm) == pytest.approx(math.sqrt(variance * 3))


def test_with_few_people_nothing_is_said() -> None:
    few = Arm(total=np.ones(10), count=np.ones(10))

    assert not difference(few, few, planned=100).is_known


def test_unequal_numbers_of_people_are_noticed_and_chance_is_not() -> None:
    assert imbalance(5000, 5050) < 1
    assert imbalance(5000, 5500) > 1000
    random = np.random.default_rng(4)
    treated = np.cumsum(random.random((1000, 2000)) < 0.5, axis=1)
    noticed = sum(
        any(imbalance(int(n - row[n - 1]), int(row[n - 1])) >= 1000 for n in range(100, 2001, 100)) for row in treated
    )
    assert noticed / 1000 <= 0.002
