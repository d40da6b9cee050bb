"""Segments of an experiment: who and what is in which, and how they are named."""

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from chat import releases
from chat.models import Turn
from evaluation import arms, segments
from evaluation.arms import FIGURES, Answers
from evaluation.segments import Segment
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db


def answers(person, **given) -> Answers:
    n = len(person)
    values = {
        "person": np.array(person), "release": np.ones(n, dtype=int), "asked_at": np.zeros(n),
        "language": np.array(["en"] * n), "collection": np.zeros(n, dtype=int), "words": np.full(n, 8),
        "is_follow_up": np.zeros(n, dtype=bool), "figures": {name: np.zeros(n) for name in FIGURES},
    }  # fmt: skip
    return Answers(**(values | given))


def found(one: Answers) -> dict[tuple[str, str], list[bool]]:
    return {(segment.kind, segment.key): taken.tolist() for segment, taken in segments.split(one)}


def test_each_kind_that_has_more_than_one_segment_is_split():
    one = answers(
        [1, 1, 2], language=np.array(["en", "de", ""]), collection=np.array([0, 7, 7]), words=np.array([5, 6, 13]),
        is_follow_up=np.array([False, True, False]),
    )  # fmt: skip

    assert found(one) == {
        ("language", "de"): [False, True, False],
        ("language", "en"): [True, False, False],
        ("collection", "7"): [False, True, True],
        ("collection", "0"): [True, False, False],
        ("length", "long"): [False, False, True],
        ("length", "medium"): [False, True, False],
        ("length", "short"): [True, False, False],
        ("place", "first"): [True, False, True],
        ("place", "follow-up"): [False, True, False],
    }


def test_a_person_may_be_in_several_groups():
    ann, ben = User.objects.create_user("ann"), User.objects.create_user("ben")
    sales, berlin = Group.objects.create(name="Sales"), Group.objects.create(name="Berlin")
    ann.groups.set([sales, berlin])
    ben.groups.set([berlin])

    split = found(answers([ann.pk, ben.pk]))

    assert split["group", str(sales.pk)] == [True, False]
    assert split["group", str(berlin.pk)] == [True, True]


def test_names_are_for_people():
    def label(kind, key):
        return segments.label(Segment(kind=kind, key=key), groups={3: "Sales"}, collection="collection {}".format)

    assert label("group", "3") == "Sales"
    assert label("collection", "5") == "collection 5"
    assert label("collection", "0") == "in none"
    assert label("length", "short") == "up to 5 words"
    assert label("language", "de") == "de"


def test_words_of_questions_are_counted_and_places_read(world):
    release = releases.production()
    for question in ("How many days?", " How many days of leave\n do I  get a year? "):
        answer = world.answer(question=question, release=release)
    Turn.objects.filter(pk=answer.turn_id).update(ordinal=1, collection_id=4)

    now = timezone.now()
    one = arms.of_release(release.pk, latest=10, since=now - timedelta(days=1), now=now)

    assert one.words.tolist() == [3, 10]
    assert one.is_follow_up.tolist() == [False, True]
    assert one.collection.tolist() == [0, 4]
