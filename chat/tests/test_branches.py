"""A question asked in other words stands beside the first one; what is shown is what the model reads."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat import branches, conversations
from chat.answering import store
from chat.models import Answer, Turn

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def follow(answer: Answer, text: str, **options: Any) -> Answer:
    """The next question in the conversation of `answer`, answered."""
    conversation = answer.turn.conversation
    fresh = conversations.ask(
        user=conversation.user, text=text, conversation=conversation, collection_id=None, **options
    )
    return answered(fresh, f"About {text}")


def answered(answer: Answer, text: str) -> Answer:
    answer.state, answer.status, answer.text = Answer.State.DONE, Answer.Status.ANSWERED, text
    answer.save()
    return answer


def shown(answer: Answer) -> list[str]:
    """The questions on the branch that is shown."""
    return [turn.question for turn in branches.shown_path(answer.turn.conversation.turns.all())]


def test_an_edited_question_stands_beside_the_first_one_with_what_followed_each(
    pending: Callable[..., Answer],
) -> None:
    first = answered(pending("Leave?"), "27 days")
    second = follow(first, "And in Limerick?")
    edited = follow(first, "Parental leave?", edits=first.turn_id)
    follow(edited, "And for twins?", after=edited.turn_id)

    assert shown(first) == ["Parental leave?", "And for twins?"]

    branches.choose_turn(second.turn, user=first.turn.conversation.user)

    assert shown(first) == ["Leave?", "And in Limerick?"]


def test_the_model_reads_the_branch_that_was_asked_in(pending: Callable[..., Answer]) -> None:
    first = answered(pending("Leave?"), "27 days")
    second = follow(first, "In Limerick?")
    edited = follow(first, "In Cork?", edits=second.turn_id)
    follow(second, "Since when?", after=second.turn_id)
    third = conversations.ask(
        user=first.turn.conversation.user,
        text="Until when?",
        conversation=first.turn.conversation,
        collection_id=None,
        after=edited.turn_id,
    )

    order = store.begin(third.pk)

    assert [exchange.question for exchange in order.history] == ["Leave?", "In Cork?"]


def test_the_model_reads_the_answer_that_is_shown(pending: Callable[..., Answer]) -> None:
    earlier = answered(pending("Leave?"), "27 days")
    reader = earlier.turn.conversation.user
    later = answered(conversations.again(earlier, user=reader), "28 days")
    assert branches.shown_answer(Turn.objects.get(pk=later.turn_id)) == later

    branches.choose_answer(earlier, user=reader)
    next_one = conversations.ask(user=reader, text="Why?", conversation=earlier.turn.conversation, collection_id=None)

    assert store.begin(next_one.pk).history[0].answer == "27 days"


def test_two_tabs_that_ask_after_the_same_question_lose_nothing(pending: Callable[..., Answer]) -> None:
    first = answered(pending("Leave?"), "27 days")
    one = follow(first, "In the left tab?", after=first.turn_id)
    other = follow(first, "In the right tab?", after=first.turn_id)

    assert one.turn.parent == other.turn.parent == first.turn
    place = branches.place_of_turn(other.turn, first.turn.conversation.turns.all())
    assert (place.number, place.of, place.previous) == (2, 2, one.turn_id)


def test_a_turn_of_another_conversation_is_never_followed(pending: Callable[..., Answer]) -> None:
    mine, other = answered(pending("Leave?"), "27 days"), answered(pending("Parking?"), "Row A")

    asked = follow(mine, "And then?", after=other.turn_id, edits=other.turn_id)

    assert asked.turn.parent == mine.turn


def test_the_page_walks_between_versions_of_a_question(
    pending: Callable[..., Answer], client_for: Callable[[Any], Client]
) -> None:
    first = answered(pending("Leave?"), "27 days")
    edited = follow(first, "Parental leave?", edits=first.turn_id)
    client, page = (
        client_for(first.turn.conversation.user),
        reverse("chat:conversation", args=[first.turn.conversation_id]),
    )

    assert "2 of 2" in client.get(page).content.decode()

    client.post(reverse("chat:choose_turn", args=[first.turn_id]))
    html = client.get(page).content.decode()
    assert "1 of 2" in html
    assert f'id="turn-{first.turn_id}"' in html
    assert f'id="turn-{edited.turn_id}"' not in html
    fragment = client.post(reverse("chat:choose_turn", args=[edited.turn_id]), **HTMX).content.decode()
    assert f'id="turn-{edited.turn_id}"' in fragment


def test_a_found_turn_is_shown_on_its_branch_without_choosing_it(
    pending: Callable[..., Answer], client_for: Callable[[Any], Client]
) -> None:
    first = answered(pending("Leave?"), "27 days")
    edited = follow(first, "Parental leave?", edits=first.turn_id)
    page = reverse("chat:conversation", args=[first.turn.conversation_id])
    client = client_for(first.turn.conversation.user)

    assert f'id="turn-{first.turn_id}"' in client.get(page, {"turn": str(first.turn_id)}).content.decode()
    assert f'id="turn-{edited.turn_id}"' in client.get(page, {"turn": "none"}).content.decode()


def test_earlier_answers_stay_within_reach(pending: Callable[..., Answer], client_for: Callable[[Any], Client]) -> None:
    earlier = answered(pending("Leave?"), "27 days")
    reader = earlier.turn.conversation.user
    later = answered(conversations.again(earlier, user=reader), "28 days")
    client = client_for(reader)

    assert (
        reverse("chat:choose_answer", args=[earlier.pk])
        in client.get(reverse("chat:answer", args=[later.pk])).content.decode()
    )
    shown_now = client.post(reverse("chat:choose_answer", args=[earlier.pk]), **HTMX).content.decode()
    assert "27 days" in shown_now


def test_nobody_walks_in_the_conversations_of_others(
    pending: Callable[..., Answer], stranger: Any, client_for: Callable[[Any], Client]
) -> None:
    answer, client = pending(), client_for(stranger)

    for name, pk in (("choose_turn", answer.turn_id), ("choose_answer", answer.pk)):
        assert client.post(reverse(f"chat:{name}", args=[pk])).status_code == 404
