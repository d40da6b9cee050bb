"""One's own history is found by its words, and answers only while their sources may be read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat import conversations, searching
from chat.models import Answer, Citation
from chat.tests.test_views import QUOTE, answered
from chat.tests.test_views import ann as ann
from chat.tests.test_views import handbook as handbook
from documents.models import Document
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db


def marks(user: User, text: str, language: str = "en") -> list[list[str]]:
    """The marked words of each snippet."""
    return [
        [piece.text for piece in found.snippet if piece.is_found]
        for found in searching.search(user, text, limit=10, language=language)
    ]


def test_words_of_answers_are_found_and_marked(ann: User, handbook: Document) -> None:
    answered(ann, handbook)

    assert marks(ann, "employee") == [["employee"]]
    assert marks(ann, "27") == [["27"]]
    assert marks(ann, "bicycle") == []


def test_other_forms_and_parts_of_a_word_are_found(ann: User, handbook: Document) -> None:
    answered(ann, handbook)
    conversations.ask(user=ann, text="Wie viele Tage Jahresurlaub?", conversation=None, collection_id=None)

    assert marks(ann, "employees") == [["employee"]]
    assert marks(ann, "urlaub", "de") == [["Jahresurlaub"]]


def test_all_words_have_to_stand_in_one_turn(ann: User, handbook: Document) -> None:
    answer = answered(ann, handbook)
    conversations.ask(user=ann, text="Is there a bicycle?", conversation=answer.turn.conversation, collection_id=None)

    assert marks(ann, "employee days")
    assert not marks(ann, "employee bicycle")


def test_an_answer_is_not_found_by_what_may_no_longer_be_read(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    answered(ann, handbook)
    client = client_for(ann)
    assert b"<mark>employee</mark>" in client.get(reverse("chat:search"), {"q": "employee"}).content

    handbook.collection.access_list.entries.all().delete()

    page = client.get(reverse("chat:search"), {"q": "employee"}).content
    assert b"<mark>" not in page
    assert b"Nothing found" in page
    # The question is one's own.
    assert marks(ann, "much leave") == [["much", "leave"]]
    assert QUOTE.encode() not in client.get(reverse("chat:search"), {"q": "leave"}).content


def test_what_a_removed_source_leaves_of_an_answer_is_found(ann: User, handbook: Document) -> None:
    answer = answered(ann, handbook)
    Citation.objects.update(removed_at=answer.created_at, quote="")

    assert marks(ann, "employee")


def test_nobody_finds_the_conversations_of_others(ann: User, handbook: Document, stranger: User) -> None:
    answered(ann, handbook)

    assert searching.search(stranger, "leave", limit=10) == []


def test_deleted_conversations_are_not_found_and_wait_on_the_page_to_be_restored(
    ann: User, handbook: Document, client_for: Callable[[Any], Client]
) -> None:
    conversation = conversations.delete(answered(ann, handbook).turn.conversation, user=ann)

    assert not marks(ann, "leave")
    page = client_for(ann).get(reverse("chat:search")).content.decode()
    assert reverse("chat:restore", args=[conversation.pk]) in page


def test_markup_in_what_was_asked_stays_text(ann: User, client_for: Callable[[Any], Client]) -> None:
    conversations.ask(user=ann, text="<script>alert(1)</script> bicycle?", conversation=None, collection_id=None)

    page = client_for(ann).get(reverse("chat:search"), {"q": "bicycle %_"}).content.decode()

    assert "<script>alert" not in page
    assert "<mark>bicycle</mark>" in page


def test_an_earlier_answer_on_another_branch_is_found(pending: Callable[..., Answer], reader: User) -> None:
    answer = pending("Parking?")
    Answer.objects.filter(pk=answer.pk).update(text="Row A, beside the marigolds.", state="done")
    other = conversations.ask(
        user=reader, text="Cars?", conversation=answer.turn.conversation, collection_id=None, edits=answer.turn_id
    )

    found = searching.search(reader, "marigolds", limit=5)

    assert [each.turn for each in found] == [answer.turn]
    assert found[0].turn != other.turn


def test_pinned_conversations_stand_first(
    pending: Callable[..., Answer], reader: User, client_for: Callable[[Any], Client]
) -> None:
    old, client = pending("An old question?"), client_for(reader)
    pending("A new question?")

    client.post(reverse("chat:pin", args=[old.turn.conversation_id]), {"pinned": "1"})
    page = client.get(reverse("chat:search")).content.decode()
    assert page.index("Pinned") < page.index("An old question?") < page.index("Today") < page.index("A new question?")

    client.post(reverse("chat:pin", args=[old.turn.conversation_id]), {"pinned": ""})
    assert "Pinned" not in client.get(reverse("chat:search")).content.decode()


def test_the_palette_finds_pages_by_name_and_only_those_one_has(
    ann: User, admin: User, client_for: Callable[[Any], Client]
) -> None:
    wanted = {"q": "oper", "in": "everything"}

    assert b"Operation" in client_for(admin).get(reverse("chat:search"), wanted).content
    assert b"Operation" not in client_for(ann).get(reverse("chat:search"), wanted).content
