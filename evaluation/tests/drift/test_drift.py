"""Drift is found where something moved, and cried in one window in a hundred at most where nothing did."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from evaluation.drift import looking, statistics
from evaluation.drift.statistics import compare
from evaluation.models import Alert, DriftCheck

SIGNALS = len(looking.Signal)


def false_alarms(n: int, *, windows: int, weights: np.ndarray, is_ordered: bool) -> int:
    """How many of `windows` with nothing behind them are cried, each signal at the whole share of false alarms."""
    random = np.random.default_rng(n + len(weights))
    now = random.multinomial(n, weights, size=windows)
    before = random.multinomial(4 * n, weights, size=windows)
    found = (
        compare(one, other, is_ordered=is_ordered, smallest=0.0, alpha=statistics.ALPHA, rounds=499, seed=place)
        for place, (one, other) in enumerate(zip(now, before, strict=True))
    )
    return sum(one.is_drift for one in found if one)


@pytest.mark.parametrize("n", [200, 1_000, 10_000, 50_000])
def test_where_nothing_moved_one_window_in_a_hundred_is_cried_at_most(n):
    """Each kind of signal alone, without the smallest effect that would silence large windows anyway.

    At a true rate of 1 %, 1,200 windows show more than 25 in fewer than one of a thousand runs.
    """
    windows = 400
    cried = [
        false_alarms(n, windows=windows, weights=np.full(20, 0.05), is_ordered=True),
        false_alarms(n, windows=windows, weights=np.array([0.4, 0.3, 0.15, 0.1, 0.05]), is_ordered=False),
        false_alarms(n, windows=windows, weights=np.array([0.93, 0.07]), is_ordered=False),
    ]

    assert sum(cried) <= 25


def test_the_mean_of_vectors_moves_by_chance_as_often_as_said():
    random = np.random.default_rng(3)
    alarms = 0
    for seed in range(150):
        vectors = random.normal(size=(400, 16))
        _effect, _threshold, p = statistics.moved(vectors[:200], vectors[200:], alpha=0.01, rounds=199, seed=seed)
        alarms += p <= 0.01

    assert alarms <= 6  # 1 % of 150 is 1.5; more than 6 comes in one of two thousand runs


@pytest.mark.parametrize(
    ("now", "before", "is_ordered"),
    [
        (np.array([890, 110]), np.array([3800, 200]), False),  # 5 % unanswered became 11 %
        (np.array([40, 60, 80, 120, 200]), np.array([400, 400, 400, 400, 400]), True),
        (np.array([150, 150, 150, 50]), np.array([800, 800, 800, 0]), False),  # a new topic of 10 %
    ],
)
def test_what_moved_is_found(now, before, is_ordered):
    found = compare(now, before, is_ordered=is_ordered, smallest=0.03, alpha=statistics.ALPHA / SIGNALS)

    assert found.is_drift
    assert found.place == len(now) - 1
    assert found.effect > found.threshold


def test_a_trifle_in_a_large_window_is_no_drift():
    found = compare(
        np.array([46_500, 3_500]),
        np.array([188_000, 12_000]),
        is_ordered=False,
        smallest=0.03,
        alpha=0.001,
        rounds=1999,
    )

    assert found.p <= 0.001
    assert not found.is_drift


def test_few_answers_say_nothing():
    assert compare(np.array([100, 99]), np.array([900, 10]), is_ordered=False, smallest=0.0, alpha=0.01) is None


def test_topics_part_what_lies_apart():
    random = np.random.default_rng(1)
    centres = np.eye(8)[:3]
    vectors = np.repeat(centres, 50, axis=0) + random.normal(scale=0.05, size=(150, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = statistics.topics(vectors, k=3)

    assert [len(set(found[n : n + 50])) for n in (0, 50, 100)] == [1, 1, 1]
    assert len(set(found)) == 3


def by_letters(questions):
    """Vectors that tell questions apart: how often each letter stands in them."""
    counts = np.array([[one.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for one in questions])
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.mark.django_db
def test_a_planted_change_is_cried_with_examples_and_a_quiet_time_is_not(world, monkeypatch):
    # The simulated people ask otherwise on other days of the week, by the same dice.
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
    call_command("seed_traffic", answers=3000, days=60, people=20, verbosity=0)
    yesterday = timezone.localdate() - timedelta(days=1)

    quiet = looking.look(yesterday - timedelta(days=12), embed=by_letters)
    assert {one.signal for one in quiet if one.is_drift} == set()

    found = {one.signal: one for one in looking.look(yesterday, embed=by_letters)}
    drifted = {signal for signal, one in found.items() if one.is_drift}
    assert {"not_found", "topics", "sufficiency"} <= drifted
    assert found["not_found"].now > 2 * found["not_found"].before
    assert "languages" not in drifted

    alert = Alert.objects.get(subject=looking.Signal.NOT_FOUND.label)
    assert "Simulated" in alert.text
    assert len(alert.examples) == looking.EXAMPLES
    looking.look(yesterday, embed=by_letters)
    assert DriftCheck.objects.filter(day=yesterday).count() == len(found)
    assert Alert.objects.get(pk=alert.pk).times == 2
