"""Totals say what the answers say, however often and however late they are made."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat.models import Answer, Release
from evaluation import feedback, review
from evaluation.models import AskedOnDay, Rollup, StaleDay
from evaluation.rollups import buckets, making, reading
from evaluation.rollups.reading import Narrowed

NOW = timezone.now()
TODAY = timezone.localtime(NOW, timezone.get_default_timezone()).date()


def asked(world, *, days_ago=1, **fields) -> Answer:
    answer = world.answer(world.public, **fields)
    Answer.objects.filter(pk=answer.pk).update(created_at=NOW - timedelta(days=days_ago))
    return answer


def period(days=10, **narrowed) -> Narrowed:
    return Narrowed(since=TODAY - timedelta(days=days), until=TODAY, **narrowed)


@pytest.mark.parametrize("measure", ["total", "cost", "support"])
def test_percentiles_of_merged_histograms_are_those_of_the_whole(measure):
    random = np.random.default_rng(7)
    values = random.lognormal(5, 2, 3000) if measure == "total" else random.random(3000)
    whole = np.bincount(buckets.places(measure, values), minlength=buckets.DIMENSIONS)
    parts = [np.bincount(buckets.places(measure, part), minlength=buckets.DIMENSIONS) for part in np.split(values, 10)]

    for share in (0.5, 0.9, 0.95, 0.99):
        merged = buckets.percentile(np.sum(parts, axis=0), measure, share)
        assert merged == buckets.percentile(whole, measure, share)


def test_a_percentile_is_within_a_bucket_of_the_true_one():
    values = np.random.default_rng(8).lognormal(6, 1, 20_000)
    vector = np.bincount(buckets.places("total", values), minlength=buckets.DIMENSIONS)

    for share in (0.1, 0.5, 0.95, 0.99):
        read = buckets.percentile(vector, "total", share)
        assert read == pytest.approx(np.quantile(values, share), rel=0.2)
    assert buckets.percentile(None, "total", 0.5) is None


@pytest.mark.django_db
def test_totals_count_endings_opinions_costs_and_stages(world):
    release = Release.objects.create(name="r")
    trace = {"stage_ms": {"retrieve": 40, "generate": 900, "extract": 100, "surprise": 5}, "release": release}
    good = asked(world, model="m", cost_usd=Decimal("0.002"), tokens_in=900, tokens_out=90, **trace,
                 sentences=[{"is_supported": True}, {"is_supported": False}], decision={"sufficiency": 0.72},
                 candidates=[{"used": False}, {"used": True}])  # fmt: skip
    bad = asked(world, model="m", cost_usd=None, **trace)
    asked(world, status=Answer.Status.NOT_FOUND, text="")
    asked(world, status="", state=Answer.State.STOPPED)
    asked(world, status="", state=Answer.State.STREAMING)
    feedback.give(good, user=world.ann, thumb=1, rating=5)
    feedback.give(bad, user=world.ann, thumb=-1)
    review.judge(good, reviewer=world.rita, verdict="good")
    making.keep_up(NOW)

    found = reading.total(period(), histograms=True)
    counted = {name: n for name, n in found.counts.items() if n}
    assert counted == {
        "answers": 4, "answered": 2, "not_found": 1, "stopped": 1, "accepted": 1, "unaided": 2, "thumbs_up": 1,
            "thumbs_down": 1,
        "rated": 1, "rating_sum": 5, "reviewed": 1, "reviewed_good": 1, "sentences": 2, "unsupported": 1, "cited": 1,
        "cited_top5": 1, "tokens_in": 900, "tokens_out": 90, "cost_unknown": 3,
    }  # fmt: skip
    assert found.cost_usd == Decimal("0.002")
    assert buckets.counts(found.histograms, "stage:other").sum() == 2
    assert found.percentile("stage:generate", 0.5) == pytest.approx(1000, rel=0.2)
    assert found.percentile("total", 0.5) == pytest.approx(1045, rel=0.2)
    assert found.percentile("sufficiency", 0.5) == pytest.approx(0.72, abs=0.05)

    by_release = {row.key[0]: row["answers"] for row in reading.sums(period(), "release_id")}
    assert by_release == {0: 2, release.pk: 2}
    assert reading.total(period(model="m"))["answers"] == 2
    with pytest.raises(ValueError, match="not kept"):
        reading.sums(period(), "user_id; DROP TABLE chat_answer")


@pytest.mark.django_db
def test_hours_add_up_to_days_and_making_them_again_changes_nothing(world):
    for days_ago in (1, 2, 2, 5):
        asked(world, days_ago=days_ago, stage_ms={"retrieve": 30}, cost_usd=Decimal("0.001"))
    making.keep_up(NOW)
    first = {grain: reading.sums(period(), grain=grain, histograms=True) for grain in Rollup.Grain}
    rows = Rollup.objects.count()
    for n in range(6):
        making.make_day(TODAY - timedelta(days=n))

    assert first["hour"] == first["day"]
    assert {grain: reading.sums(period(), grain=grain, histograms=True) for grain in Rollup.Grain} == first
    assert Rollup.objects.count() == rows
    assert [row["answers"] for row in reading.by_day(period(days=5))] == [1, 0, 0, 2, 1, 0]


@pytest.mark.django_db
def test_feedback_that_comes_late_or_is_taken_back_corrects_the_totals(world):
    answer = asked(world, days_ago=8)
    making.keep_up(NOW)
    assert reading.total(period())["accepted"] == 1

    feedback.give(answer, user=world.ann, thumb=-1)
    making.keep_up(NOW)
    assert reading.total(period())["thumbs_down"] == 1
    assert reading.total(period())["accepted"] == 0
    assert not StaleDay.objects.filter(day__lt=TODAY - timedelta(days=1)).exists()

    feedback.withdraw(answer, user=world.ann)
    making.keep_up(NOW)
    assert reading.total(period())["thumbs_down"] == 0
    assert reading.total(period())["accepted"] == 1


@pytest.mark.django_db
def test_who_is_in_two_groups_counts_in_each_and_once_in_all(world):
    for name in ("Sales", "Berlin"):
        world.ann.groups.add(Group.objects.create(name=name))
    asked(world)
    making.keep_up(NOW)

    assert reading.total(period())["answers"] == 1
    assert [row["answers"] for row in reading.sums(period(), "group_id")] == [1, 1]
    assert reading.total(period(group_id=world.ann.groups.get(name="Sales").pk))["answers"] == 1
    assert AskedOnDay.objects.get().questions == 1


@pytest.mark.django_db
def test_what_evaluations_and_the_shell_ask_counts_nowhere(world):
    answer = asked(world)
    conversation = answer.turn.conversation
    conversation.is_hidden = True
    conversation.save()
    making.keep_up(NOW)

    assert reading.total(period())["answers"] == 0


@pytest.mark.django_db
def test_a_long_absence_is_caught_up_in_steps(world):
    asked(world, days_ago=9)
    steps = [making.keep_up(NOW, days_max=4) for _ in range(3)]

    assert steps == [4, 4, 4]
    assert reading.total(period())["answers"] == 1
