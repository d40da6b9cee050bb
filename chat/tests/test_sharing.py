"""A link shows a conversation to colleagues, and each of them only what they may read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import conversations, sharing
from chat.models import Answer, Citation, Conversation, Share
from chat.tests.test_views import QUOTE, answered
from chat.tests.test_views import ann as ann
from chat.tests.test_views import handbook as handbook
from documents import access
from documents.models import Document, Level
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(person: Callable[..., User], handbook: Document) -> User:
    """A colleague who reads the handbook, too."""
    user = person("bob")
    access.share(handbook.collection.access_list, user=user, level=Level.READER, by=None)
    return user


@pytest.fixture
def conversation(ann: User, handbook: Document) -> Conversation:
    return answered(ann, handbook).turn.conversation


def link(share: Share) -> str:
    return reverse("chat:shared", args=[share.pk])


def test_a_colleague_who_may_read_the_sources_reads_the_conversation(
    ann: User, bob: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    made = sharing.share(conversation, user=ann, days=None)
    client = client_for(bob)

    page = client.get(link(made)).content.decode()

    assert "27 days" in page
    assert "How much leave?" in page
    assert reverse("chat:again", args=[made.answers.get().pk]) not in page
    source = client.get(reverse("chat:source", args=[made.answers.get().pk, 1]))
    assert QUOTE in source.content.decode()
    assert conversation.title not in source.content.decode()


def test_somebody_who_may_not_learns_that_something_is_withheld_and_nothing_else(
    ann: User, stranger: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    made = sharing.share(conversation, user=ann, days=None)
    client = client_for(stranger)

    page = client.get(link(made)).content.decode()

    assert "Something is withheld here" in page
    for words in ("27 days", "How much leave?", "Handbook"):
        assert words not in page
    assert client.get(reverse("chat:source", args=[made.answers.get().pk, 1])).status_code == 404
    event = AuditEvent.objects.get(event="shared_conversation_opened")
    assert (event.actor, event.details["withheld"]) == ("stranger", 1)
    assert "leave" not in event.target


def test_a_right_that_goes_closes_a_turn_at_once(
    ann: User, bob: User, handbook: Document, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    made, client = sharing.share(conversation, user=ann, days=None), client_for(bob)
    assert "27 days" in client.get(link(made)).content.decode()

    access.unshare(handbook.collection.access_list, user=bob, by=None)

    assert "27 days" not in client.get(link(made)).content.decode()


def test_an_answer_that_cites_nothing_needs_all_that_was_read_for_it(
    ann: User, bob: User, stranger: User, handbook: Document, conversation: Conversation
) -> None:
    Citation.objects.all().delete()
    Answer.objects.update(candidates=[{"document_id": str(handbook.pk), "kept": True}], model="scripted")
    made = sharing.share(conversation, user=ann, days=None)

    assert sharing.opened(made.pk, viewer=bob).answers != (None,)
    assert sharing.opened(made.pk, viewer=stranger).answers == (None,)


def test_a_sentence_without_support_needs_all_that_was_read_for_it(
    ann: User, bob: User, conversation: Conversation
) -> None:
    made = sharing.share(conversation, user=ann, days=None)
    cannot_read = {"document_id": str(uuid4()), "kept": True}
    unsupported = [
        {"text": "You have 27 days.", "markers": [1], "support": 0.9, "is_supported": True},
        {"text": "The plant closes.", "markers": [], "support": 0.0, "is_supported": False},
    ]
    Answer.objects.update(sentences=unsupported, candidates=[cannot_read])

    assert sharing.opened(made.pk, viewer=bob).answers == (None,)


def test_what_is_asked_later_is_not_shared(
    ann: User, bob: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    made = sharing.share(conversation, user=ann, days=None)
    later = conversations.ask(user=ann, text="My own worry?", conversation=conversation, collection_id=None)
    Answer.objects.filter(pk=later.pk).update(state="done", status="not_found", text="Nothing.")

    assert "My own worry?" not in client_for(bob).get(link(made)).content.decode()


@pytest.mark.parametrize("closing", ["withdrawn", "expired", "deleted", "left", "replaced"])
def test_a_link_that_is_closed_looks_like_one_that_never_was(
    closing: str, ann: User, bob: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    made, client = sharing.share(conversation, user=ann, days=7), client_for(bob)
    answer = made.answers.get()
    assert client.get(link(made)).status_code == 200

    if closing == "withdrawn":
        client_for(ann).post(reverse("chat:withdraw", args=[conversation.pk]))
    elif closing == "expired":
        Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif closing == "deleted":
        conversations.delete(conversation, user=ann)
    elif closing == "left":
        User.objects.filter(pk=ann.pk).update(is_active=False)
    else:
        sharing.share(conversation, user=ann, days=7)
        Share.objects.exclude(pk=made.pk).delete()

    gone = client.get(link(made))
    never = client.get(reverse("chat:shared", args=["00000000-0000-0000-0000-000000000000"]))
    assert gone.status_code == never.status_code == 404
    assert client.get(reverse("chat:source", args=[answer.pk, 1])).status_code == 404


def test_a_link_opens_nothing_to_people_who_are_not_signed_in(ann: User, conversation: Conversation) -> None:
    made = sharing.share(conversation, user=ann, days=None)

    response = Client().get(link(made))

    assert response.status_code == 302
    assert "/sign-in/" in response.headers["Location"]


def test_the_page_makes_shows_and_withdraws_the_link(
    ann: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    client, page = client_for(ann), reverse("chat:share", args=[conversation.pk])

    made = client.post(page, {"days": "7"}, follow=True).content.decode()
    assert link(Share.objects.get()) in made
    assert Share.objects.get().expires_at is not None

    assert "is withdrawn" in client.post(reverse("chat:withdraw", args=[conversation.pk]), follow=True).content.decode()
    assert sharing.link_of(conversation) is None


def test_nothing_is_shared_before_anything_is_answered(
    pending: Callable[..., Answer], reader: User, client_for: Callable[[Any], Client]
) -> None:
    page = reverse("chat:share", args=[pending().turn.conversation_id])

    assert "nothing to share" in client_for(reader).post(page, {"days": ""}, follow=True).content.decode()
    assert not Share.objects.exists()


def test_nobody_shares_the_conversations_of_others(
    bob: User, conversation: Conversation, client_for: Callable[[Any], Client]
) -> None:
    client = client_for(bob)

    for name in ("share", "withdraw"):
        assert client.post(reverse(f"chat:{name}", args=[conversation.pk]), {"days": "7"}).status_code == 404
    with pytest.raises(Conversation.DoesNotExist):
        sharing.share(conversation, user=bob, days=None)
