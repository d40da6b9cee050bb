"""Which documents came close to a question that found no answer."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chat.models import Answer, Conversation, Turn
from chat.open_questions import left_open
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_closest_documents_of_questions_without_an_answer_are_counted(reader: User) -> None:
    near, far, other = uuid4(), uuid4(), uuid4()
    close = [{"document_id": str(near)}, {"document_id": str(near)}, {"document_id": str(other)}]
    conversation = Conversation.objects.create(user=reader, title="Leave")
    for number, status in enumerate((Answer.Status.NOT_FOUND, Answer.Status.NOT_FOUND, Answer.Status.ANSWERED)):
        turn = Turn.objects.create(conversation=conversation, question="?", ordinal=number)
        Answer.objects.create(turn=turn, status=status, candidates=[*close, {"document_id": str(far)}])

    assert left_open([near, far]) == {near: 2}
    # Of an evaluation run nobody waits for the answer.
    Conversation.objects.update(is_hidden=True)
    assert left_open([near, far]) == {}
