"""A person's reply is found again: on its question, whichever answer is shown, and in the list of conversations."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Answer
from evaluation import escalation, feedback
from evaluation.models import Escalation
from ragapp.webhooks.models import Delivery, Endpoint, Event

pytestmark = pytest.mark.django_db


def test_a_reply_stays_on_its_question_when_another_answer_is_shown(world, client):
    first = world.answer()
    entry = escalation.ask_a_person(first, user=world.ann)
    escalation.reply(entry, text="Sixty days, says Rita.", by=world.rita)
    Answer.objects.create(
        turn=first.turn, state=Answer.State.DONE, status="answered", text="Another.", finished_at=timezone.now()
    )
    client.force_login(world.ann)

    page = client.get(reverse("chat:conversation", args=[first.turn.conversation_id])).content.decode()

    assert "Another." in page
    assert "Sixty days, says Rita." in page
    assert "Reply from rita, a person" in page


def test_an_export_has_the_reply_while_its_sources_may_be_read(world, client):
    answer = world.answer(world.public)
    escalation.reply(escalation.ask_a_person(answer, user=world.ann), text="Sixty days, says Rita.", by=world.rita)
    client.force_login(world.ann)

    def exported(ending: str) -> str:
        return client.get(reverse("chat:export", args=[answer.turn.conversation_id, ending])).content.decode()

    assert "### rita replied on" in exported("md")
    reply = json.loads(exported("json"))["turns"][0]["reply"]
    assert (reply["text"], reply["by"]) == ("Sixty days, says Rita.", "rita")
    assert Escalation.objects.get().closed_at.isoformat()[:19] == reply["at"][:19]

    world.public.collection.access_list.entries.all().delete()

    assert "says Rita" not in exported("md") + exported("json")
    assert "This reply is withheld" in exported("md")


def test_an_answer_that_failed_still_shows_that_a_person_was_asked(world, client):
    answer = world.answer(state=Answer.State.FAILED, status="failed", text="")
    escalation.ask_a_person(answer, user=world.ann)
    client.force_login(world.ann)

    page = client.get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()

    assert page.count("Your question is with the reviewers.") == 1


def test_a_thumb_without_a_reason_can_be_completed_later(world, client):
    answer = world.answer()
    feedback.give(answer, user=world.ann, thumb=-1)
    client.force_login(world.ann)

    page = client.get(reverse("chat:conversation", args=[answer.turn.conversation_id])).content.decode()

    assert "Add a reason" in page
    assert "What was wrong?" in page


def test_taking_feedback_back_is_said(world, client):
    answer = world.answer()
    feedback.give(answer, user=world.ann, thumb=1)
    client.force_login(world.ann)

    url = reverse("evaluation:feedback", args=[answer.pk])
    page = client.post(url, {"thumb": "0"}, headers={"HX-Request": "true"}).content.decode()

    assert "Feedback taken back." in page


def test_other_systems_hear_of_feedback_without_its_words(world):
    Endpoint.objects.create(name="All", url="https://hooks.example/", events=[Event.FEEDBACK_GIVEN])
    answer = world.answer()

    feedback.give(answer, user=world.ann, thumb=-1, rating=2, comment="Secret words.")

    told = Delivery.objects.get()
    assert (told.event, told.data) == ("feedback.given", {"answer": str(answer.pk), "thumb": -1, "rating": 2})
