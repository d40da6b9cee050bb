"""A sample of a day's answers is judged once, and its verdicts are a signal of drift."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from chat import releases
from chat.models import Answer
from evaluation import judged_sample
from evaluation.drift import looking
from evaluation.drift.reading import windows
from evaluation.models import DriftCheck, JudgedAnswer

pytestmark = pytest.mark.django_db
GOOD = '{"supported": 1, "complete": 1, "to_the_point": 1}'
BAD = '{"supported": 0.2, "complete": 1, "to_the_point": 1}'


def answered(world, n: int, *, days_ago: int = 0) -> None:
    for _number in range(n):
        answer = world.answer(world.public, release=releases.production())
        Answer.objects.filter(pk=answer.pk).update(created_at=timezone.now() - timedelta(days=days_ago))


def test_as_many_as_wanted_are_judged_and_each_once(world):
    answered(world, 4)
    world.answer(status=Answer.Status.NOT_FOUND, release=releases.production())
    asked = []

    def ask(system, user):
        asked.append(user)
        return GOOD if len(asked) > 1 else BAD

    today = timezone.localdate()
    assert judged_sample.judge_some(today, 3, ask=ask, slice_s=-1.0)
    assert not judged_sample.judge_some(today, 3, ask=ask)
    assert not judged_sample.judge_some(today, 3, ask=ask)

    assert len(asked) == 3
    assert sorted(JudgedAnswer.objects.values_list("is_good", flat=True)) == [False, True, True]


def test_a_judge_that_says_nothing_is_let_be(world):
    answered(world, 5)
    asked = []

    def ask(system, user):
        asked.append(user)
        return "?"

    assert not judged_sample.judge_some(timezone.localdate(), 5, ask=ask)
    assert len(asked) == 3


def test_its_verdicts_are_a_signal_of_drift(world, monkeypatch):
    monkeypatch.setattr("evaluation.drift.statistics.SMALLEST_N", 12)
    answered(world, 14, days_ago=1)
    answered(world, 14, days_ago=12)
    day = timezone.localdate() - timedelta(days=1)
    now, before = windows(day)
    for ids, is_good in ((now.ids, False), (before.ids, True)):
        JudgedAnswer.objects.bulk_create([JudgedAnswer(answer_id=pk, is_good=is_good) for pk in ids])

    looking.look(day, embed=lambda questions: np.eye(len(questions), 40))

    found = DriftCheck.objects.get(signal="judge")
    assert (found.now, found.before, found.is_drift) == (1.0, 0.0, True)
