"""A model that stays the same is called another one in one day of a hundred at most; one that was swapped is found."""

import numpy as np
import pytest

from evaluation.probing import deciding
from evaluation.probing.deciding import LENGTH, REFUSALS, TEXT

QUESTIONS, DAYS, DIMENSIONS, SIMULATIONS = 24, 8, 12, 200


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def replies(random, *, spread: float, by_day: float, wordings: int, swapped: bool = False) -> dict[str, np.ndarray]:
    """Vectors, lengths and refusals of the questions on all days, the last one today.

    `spread`: by how much each reply varies by itself; `by_day`: by how much all replies of a day vary together.
    `wordings`: each question has so many replies that are drawn from, as a model at temperature 0 has one or two.
    """
    centres = unit(random.normal(size=(QUESTIONS, wordings, DIMENSIONS)) + 3 * random.normal(size=(QUESTIONS, 1, 1)))
    drawn = random.integers(0, wordings, size=(QUESTIONS, DAYS))
    vectors = np.take_along_axis(centres, drawn[..., None], axis=1)
    vectors = vectors + spread * random.normal(size=vectors.shape) + by_day * random.normal(size=(1, DAYS, DIMENSIONS))
    words = random.normal(4, 0.5, size=(QUESTIONS, wordings))
    lengths = np.take_along_axis(words, drawn, axis=1)
    lengths = lengths + spread * random.normal(size=lengths.shape) + by_day * random.normal(size=(1, DAYS))
    refused = (random.random((QUESTIONS, DAYS)) < np.where(np.arange(QUESTIONS) < 4, 0.97, 0.01)[:, None]).astype(float)
    if swapped:
        vectors[:, -1] = unit(vectors[:, -1]) + 0.6 * unit(random.normal(size=(QUESTIONS, DIMENSIONS)))
        lengths[:, -1] += 0.5
    return {TEXT: unit(vectors), LENGTH: lengths, REFUSALS: refused}


def found(seed: int, **how) -> dict[str, deciding.Finding]:
    values = replies(np.random.default_rng(seed), **how)
    return {
        TEXT: deciding.texts(values[TEXT], rounds=999, seed=seed),
        LENGTH: deciding.numbers(LENGTH, values[LENGTH], rounds=999, seed=seed),
        REFUSALS: deciding.numbers(REFUSALS, values[REFUSALS], rounds=999, seed=seed),
    }


HABITS = {
    "the same words every day": {"spread": 0.0, "by_day": 0.0, "wordings": 1},
    "two wordings in turn": {"spread": 0.0, "by_day": 0.0, "wordings": 2},
    "each reply varies": {"spread": 0.25, "by_day": 0.0, "wordings": 1},
    "whole days vary together": {"spread": 0.05, "by_day": 0.06, "wordings": 1},
}


@pytest.mark.parametrize("habit", [*HABITS, "whole days vary widely"])
def test_an_unchanged_model_is_called_changed_on_one_day_of_a_hundred_at_most(habit):
    how = HABITS.get(habit) or {"spread": 0.1, "by_day": 0.3, "wordings": 2}
    false = sum(deciding.is_changed(found(seed, **how), has_new_name=False) for seed in range(SIMULATIONS))

    assert false <= 6  # of 200 at 1 %: more comes in fewer than one of two hundred runs


@pytest.mark.parametrize("habit", HABITS)
def test_a_swapped_model_is_found(habit):
    seen = sum(
        deciding.is_changed(found(seed, swapped=True, **HABITS[habit]), has_new_name=False) for seed in range(50)
    )

    assert seen >= 40


def test_three_days_suffice_where_a_model_says_the_same_every_day():
    rows = np.tile(np.eye(4)[0], (QUESTIONS, 4, 1))
    rows[:, -1] = unit(np.array([1.0, 0.6, 0.0, 0.0]))

    one = deciding.texts(rows)

    assert one.is_moved
    assert (one.before, round(one.now, 3)) == (0.0, round(1 - 1 / np.hypot(1, 0.6), 3))


def test_slower_days_are_told_and_need_a_week():
    days = np.random.default_rng(1).normal(1000, 60, size=(QUESTIONS, 9))
    assert deciding.latency(days[:, :7]) is None
    assert not deciding.latency(days).is_moved

    days[:, -1] *= 2
    slow = deciding.latency(days)
    assert slow.is_moved
    assert not deciding.is_changed({deciding.LATENCY: slow}, has_new_name=False)


def test_replies_that_are_missing_on_a_day_do_not_count():
    rows = np.tile(np.eye(4)[0], (QUESTIONS, 5, 1))
    rows[3, 1] = np.nan
    lengths = np.full((QUESTIONS, 5), 3.0)
    lengths[3, 1] = np.nan

    assert not deciding.texts(rows).is_moved
    assert not deciding.numbers(LENGTH, lengths).is_moved


def test_a_name_that_the_provider_did_not_use_before_is_a_change_by_itself():
    assert deciding.is_changed({}, has_new_name=True)
