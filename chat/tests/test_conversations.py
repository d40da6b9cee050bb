"""Conversations are a person's own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat import conversations
from chat.models import Answer, Conversation
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_a_question_opens_a_conversation_named_after_it(pending: Callable[..., Answer]) -> None:
    answer = pending("How many days of leave do I get " + "and so on " * 20)

    title = answer.turn.conversation.title
    assert title.startswith("How many days of leave do I get")
    assert len(title) <= 80
    assert title.endswith("…")


def test_questions_of_a_conversation_keep_their_order(pending: Callable[..., Answer]) -> None:
    first = pending()

    second = pending("And then?", conversation=first.turn.conversation)

    assert [first.turn.ordinal, second.turn.ordinal] == [0, 1]


def test_a_question_leaves_an_audit_event_without_its_text(pending: Callable[..., Answer]) -> None:
    pending("Where is the secret garden?")

    event = AuditEvent.objects.get(event="question_asked")
    assert "garden" not in str(event.details)


def test_nobody_asks_in_anothers_conversation(pending: Callable[..., Answer], stranger: Any) -> None:
    conversation = pending().turn.conversation

    with pytest.raises(Conversation.DoesNotExist):
        conversations.ask(user=stranger, text="What?", conversation=conversation, collection_id=None)


def test_nobody_asks_a_collection_that_they_may_not_read(collection: Callable[..., Any], stranger: Any) -> None:
    with pytest.raises(conversations.CollectionUnknown):
        conversations.ask(user=stranger, text="What?", conversation=None, collection_id=collection().pk)


def test_nobody_asks_anothers_question_again(pending: Callable[..., Answer], stranger: Any) -> None:
    with pytest.raises(Answer.DoesNotExist):
        conversations.again(pending(), user=stranger)


def test_a_deleted_conversation_is_gone_at_once_and_restorable_for_a_day(
    pending: Callable[..., Answer], reader: Any
) -> None:
    answer = pending()
    conversation = conversations.delete(answer.turn.conversation, user=reader)
    assert not conversations.conversations_of(reader).exists()
    assert not conversations.answers_visible_to(reader).exists()

    conversations.restore(conversation, user=reader)

    assert conversations.conversations_of(reader).exists()


def test_after_a_day_a_deleted_conversation_is_removed_with_its_answers(
    pending: Callable[..., Answer], reader: Any
) -> None:
    conversation = conversations.delete(pending().turn.conversation, user=reader)
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now() - timedelta(days=2))

    assert conversations.remove_deleted() == 1
    assert not Answer.objects.exists()
    with pytest.raises(Conversation.DoesNotExist):
        conversations.restore(conversation, user=reader)


def test_a_conversation_is_renamed_by_its_owner_only(
    pending: Callable[..., Answer], reader: Any, stranger: Any
) -> None:
    conversation = pending().turn.conversation

    assert conversations.rename(conversation, "Leave\nand more", user=reader).title == "Leave"
    with pytest.raises(Conversation.DoesNotExist):
        conversations.rename(conversation, "Mine", user=stranger)
