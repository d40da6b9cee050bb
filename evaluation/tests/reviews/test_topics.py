"""Questions about one thing come together; nobody learns of a topic from what they may not read."""

from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Answer
from evaluation.models import ReviewItem, Stage
from evaluation.reviews import sampling, topics

pytestmark = pytest.mark.django_db
LEAVE = ("How many days of parental leave do I get?", "How long is parental leave?", "Is parental leave paid?")
CAR = ("Where can I park my car?", "What does it cost to park my car?")


@pytest.fixture
def failures(world):
    for question in (*LEAVE, *CAR):
        sampling.by_hand(world.answer(world.public, question=question))
    sampling.by_hand(world.answer(world.secret, question="What will the Kestrel merger cost?"))
    ReviewItem.objects.update(stage=Stage.NOT_RETRIEVED)
    topics.embed_waiting()
    return world


def test_questions_about_one_thing_come_together(failures):
    found = topics.topics(failures.rita, now=timezone.now())

    assert [topic.items for topic in found] == [3, 2]
    assert "parental" in found[0].words
    assert {item.answer.turn.question for item in found[1].examples} == set(CAR)
    assert found[0].stages == (("Not found by the search (presumed)", 3),)


def test_the_trend_counts_by_weeks(failures):
    old = Answer.objects.filter(turn__question=LEAVE[0])
    old.update(created_at=timezone.now() - timedelta(weeks=6))

    found = topics.topics(failures.rita, now=timezone.now())[0]

    assert (found.recent, found.before, found.weeks[-1], sum(found.weeks)) == (2, 1, 2, 3)


def test_topics_of_unreadable_answers_are_not_told(failures, client):
    client.force_login(failures.rita)

    page = client.get(reverse("admin:evaluation_reviewitem_failures")).content.decode()

    assert "parental" in page
    assert "Kestrel" not in page
    assert "kestrel" not in page


def test_who_is_no_reviewer_gets_no_such_page(failures, client):
    client.force_login(failures.ann)

    assert client.get(reverse("admin:evaluation_reviewitem_failures")).status_code == 404


def test_what_is_apart_stays_apart_and_one_alone_is_a_topic():
    corners = np.eye(3)

    assert len(set(topics.clustered(corners).tolist())) == 3
    assert len(set(topics.clustered(np.vstack([corners[:1]] * 4)).tolist())) == 1
    assert topics.clustered(corners[:1]).tolist() == [0]
