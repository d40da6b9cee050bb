"""What people do with answers is counted, apart from what they say and without a word of it."""

from uuid import UUID

import pytest
from django.urls import reverse

from chat import conversations
from chat.models import Answer
from chat.rephrasing import says_again
from evaluation import reactions
from evaluation.models import Feedback, Reaction

pytestmark = pytest.mark.django_db
IN_FRAGMENT = {"HX-Request": "true"}


def test_asking_again_is_counted_on_the_answer_that_was_not_enough(world):
    answer = world.answer()

    fresh = conversations.again(answer, user=world.ann)

    assert reactions.counts([answer.pk]) == {"again": 1}
    assert reactions.counts([fresh.pk]) == {}


def test_an_edited_question_counts_as_rephrased(world):
    answer = world.answer()

    conversations.ask(
        user=world.ann,
        text="What else?",
        conversation=answer.turn.conversation,
        collection_id=None,
        edits=answer.turn_id,
    )

    assert reactions.counts([answer.pk]) == {"rephrase": 1}


@pytest.mark.parametrize(
    ("later", "counted"), [("So how many days is it?", {"rephrase": 1}), ("Who approves a loan?", {})]
)
def test_a_follow_up_in_nearly_the_same_words_counts_as_rephrased(world, later, counted):
    answer = world.answer(question="How many days?")

    conversations.ask(user=world.ann, text=later, conversation=answer.turn.conversation, collection_id=None)

    assert reactions.counts([answer.pk]) == counted


def test_another_subject_is_no_rephrasing():
    assert says_again("How long is parental leave in Berlin?", "In Berlin, how long is the parental leave?")
    assert not says_again("How long is parental leave?", "How high is the travel budget?")


def test_copying_is_counted_and_changes_no_opinion(world, client):
    answer = world.answer()
    client.force_login(world.ann)

    for _time in range(2):
        assert client.post(reverse("evaluation:copied", args=[answer.pk])).status_code == 204

    assert Reaction.objects.get().times == 2
    assert not Feedback.objects.exists()


def test_nobody_counts_anothers_answer(world, client):
    answer = world.answer(world.public)
    client.force_login(world.rita)

    assert client.post(reverse("evaluation:copied", args=[answer.pk])).status_code == 404
    assert client.post(reverse("evaluation:copied", args=[UUID(int=1)])).status_code == 404


def test_an_answer_is_rated_without_a_thumb_and_rated_anew(world, client):
    answer = world.answer()
    client.force_login(world.ann)
    url = reverse("evaluation:feedback", args=[answer.pk])

    client.post(url, {"rating": "2"}, headers=IN_FRAGMENT)
    client.post(url, {"rating": "5", "comment": "Better now."}, headers=IN_FRAGMENT)

    given = answer.feedback.get()
    assert (given.thumb, given.rating, given.comment) == (None, 5, "Better now.")


def test_feedback_that_says_nothing_is_refused(world, client):
    answer = world.answer()
    client.force_login(world.ann)

    refused = client.post(reverse("evaluation:feedback", args=[answer.pk]), {"comment": " "}, headers=IN_FRAGMENT)

    assert refused.status_code == 422
    assert "Nothing was saved" in refused.content.decode()


@pytest.mark.parametrize("status", Answer.Status.values)
def test_every_answer_can_be_rated_whatever_its_end(world, client, status):
    state = Answer.State.FAILED if status == "failed" else Answer.State.DONE
    answer = world.answer(state=state, status=status)
    client.force_login(world.ann)

    page = client.get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()

    assert "Rate or comment" in page
    assert page.count('name="rating"') == 6
