"""The brakes' test: silent for as long as a candidate is no worse, however often one looks, and quick where it is."""

import numpy as np
import pytest

from evaluation.brakes import BRAKES, MOST_BESIDE, PULLED, compared
from evaluation.statistics.intervals import wilson
from evaluation.statistics.sequential import blocks, design_effect, evidence, resemblance

ANSWERS = 300


def runs(share: float, candidate_share: float, *, beside: int, n: int, times: int, seed: int) -> np.ndarray:
    """Whether a brake pulled, and at which answer of the candidate (n + 1: never), in each of `times` canaries."""
    random = np.random.default_rng(seed)
    bad = (random.random((times, n)) < candidate_share).astype(int)
    control_bad = random.binomial(beside, share, (times, n))
    pulled = evidence(bad, control_bad, np.full((times, n), beside)) >= PULLED
    return np.where(pulled.any(axis=1), pulled.argmax(axis=1) + 1, n + 1)


@pytest.mark.parametrize("beside", [1, MOST_BESIDE])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_one_brake_stops_a_healthy_candidate_in_less_than_its_part_of_one_in_twenty(share: float, beside: int) -> None:
    at = runs(share, share, beside=beside, n=1000, times=1000, seed=1)

    assert (at <= 1000).mean() <= 0.05 / 6 + 0.006  # two standard errors of a thousand runs


def test_a_healthy_candidate_survives_all_six_brakes_in_at_least_nineteen_of_twenty_runs() -> None:
    shares = (0.02, 0.15, 0.1, 0.05, 0.1, 0.1)
    stopped = [runs(share, share, beside=1, n=600, times=1000, seed=seed) <= 600 for seed, share in enumerate(shares)]

    assert np.any(stopped, axis=0).mean() <= 0.05


def test_a_better_candidate_is_hardly_ever_stopped() -> None:
    assert (runs(0.2, 0.1, beside=1, n=600, times=500, seed=3) <= 600).mean() < 0.005


@pytest.mark.parametrize(
    ("share", "faulty", "beside", "power"),
    [
        (0.02, 0.10, 1, 0.80),
        (0.02, 0.10, 4, 0.95),
        (0.10, 0.25, 1, 0.90),
        (0.10, 0.30, 1, 0.98),
        (0.20, 0.40, 1, 0.95),
        (0.02, 0.90, 1, 1.00),
        (0.01, 0.05, 4, 0.73),
        (0.01, 0.05, 19, 0.85),
        (0.01, 0.05, MOST_BESIDE, 0.87),
    ],
)
def test_a_planted_fault_is_found_within_300_answers_an_arm(
    share: float, faulty: float, beside: int, power: float
) -> None:
    at = runs(share, faulty, beside=beside, n=ANSWERS, times=1000, seed=5)

    assert (at <= ANSWERS).mean() >= power


def test_shares_that_change_for_both_arms_over_the_day_stop_nobody() -> None:
    random = np.random.default_rng(7)
    share = np.where(np.arange(600) % 200 < 40, 0.8, 0.02)
    bad = (random.random((500, 600)) < share).astype(int)
    control_bad = (random.random((500, 600)) < share).astype(int)

    pulled = evidence(bad, control_bad, np.ones((500, 600), dtype=int)) >= PULLED

    assert pulled.any(axis=1).mean() <= 0.05 / 6 + 0.006


def test_an_outage_that_meets_both_arms_stops_nobody_where_one_answer_in_a_hundred_is_the_candidates() -> None:
    random = np.random.default_rng(8)
    n, beside = 300, 99
    asked = np.arange(n * (beside + 1)).reshape(n, beside + 1)
    share = np.where(asked % 5000 < 700, 0.6, 0.02)
    bad = random.random((300, n, beside + 1)) < share

    pulled = evidence(bad[..., -1], bad[..., :-1].sum(axis=-1), np.full((300, n), beside)) >= PULLED

    assert pulled.any(axis=1).mean() <= 0.05 / 6 + 0.011  # two standard errors of 300 runs


PLAN = ((1, 20), (5, 50), (25, 100), (50, 130))


def along_the_plan(random: np.random.Generator, *, people: int, habit: np.ndarray, more: float) -> bool:
    """Whether one brake pulls in a canary along the usual plan: a few people ask much, and each has habits."""
    asks = random.lognormal(0, 1, people)
    place, is_candidate, bad, person = random.random(people) * 100, [], [], []
    for percent, wanted in PLAN:
        drawn = place < percent
        met = 0
        while drawn.any() and met < wanted:
            who = random.choice(people, size=people, p=asks / asks.sum())
            is_candidate.append(drawn[who])
            bad.append(random.random(people) < np.clip(habit[who] + more * drawn[who], 0, 1))
            person.append(who)
            met += int(drawn[who].sum())
    if not is_candidate:
        return False
    arms = np.concatenate(is_candidate), np.concatenate(bad).astype(float), np.concatenate(person)
    return compared("refused", *arms).pulls


@pytest.mark.parametrize("people", [50, 120])
def test_habits_of_the_few_people_of_a_small_share_do_not_stop_a_healthy_candidate(people: int) -> None:
    random = np.random.default_rng(9)
    stopped = sum(
        along_the_plan(random, people=people, habit=random.beta(0.3, 2.7, people), more=0.0) for _ in range(200)
    )

    assert stopped / 200 <= 0.05 / len(BRAKES) + 0.013  # two standard errors of 200 runs


def test_habits_do_not_hide_a_fault() -> None:
    random = np.random.default_rng(10)
    found = sum(along_the_plan(random, people=120, habit=random.beta(0.9, 8.1, 120), more=0.2) for _ in range(100))

    assert found / 100 >= 0.85


def test_how_much_answers_of_one_person_are_alike_is_the_analysis_of_variance_worked_by_hand() -> None:
    person = np.array([1, 1, 2, 2, 3, 3])

    assert resemblance(person, np.array([1, 1, 0, 0, 1, 1])) == 1.0
    # All shares alike: nothing lies between people.
    assert resemblance(person, np.array([1, 0, 0, 1, 1, 0])) == 0.0
    # Shares 1, 0 and 1/2 around 1/2: between 2 * (1/4 + 1/4) / 2 = 1/2, within 2 * 1/4 / 3 = 1/6, two answers each.
    assert resemblance(person, np.array([1, 1, 0, 0, 1, 0])) == pytest.approx((1 / 2 - 1 / 6) / (1 / 2 + 1 / 6))
    assert resemblance(np.arange(6), np.array([1, 0, 0, 1, 1, 0])) == 0.0
    # Ten answers of one person who always says the same are one.
    assert design_effect(np.zeros(10, dtype=int), 1.0).tolist() == list(range(1, 11))
    assert design_effect(np.arange(10), 1.0).tolist() == [1.0] * 10


def test_evidence_is_the_likelihood_ratio_worked_by_hand() -> None:
    # One bad answer beside one good one; the control's share is guessed as 0.1 / 2 = 0.05, with tenfold odds 0.3448,
    # their mean 0.1974: (0.3448 / 0.1974) * (0.95 / 0.8026).
    value = evidence(np.array([1]), np.array([0]), np.array([1]), odds=(10.0,))

    assert value == pytest.approx([2.0677], abs=2e-4)


def test_blocks_take_the_latest_control_answers_that_no_block_has() -> None:
    order = np.array([0, 0, 0, 1, 1, 0, 1, 0, 0], dtype=bool)
    bad = np.array([1, 0, 1, 0, 1, 1, 0, 0, 1])

    of_candidate, of_control, beside = blocks(order, bad, most=2)

    assert of_candidate.tolist() == [0, 1, 0]
    assert of_control.tolist() == [1, 1, 0]
    assert beside.tolist() == [2, 1, 1]


def test_no_answers_are_no_evidence() -> None:
    nothing = blocks(np.array([], dtype=bool), np.array([], dtype=int), most=10)

    assert evidence(*nothing).shape == (0,)


def test_wilson_is_the_interval_of_the_textbook() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(1, 10) == pytest.approx((0.0179, 0.4042), abs=1e-4)
