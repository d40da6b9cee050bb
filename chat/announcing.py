"""What others are told of answers: ids and states, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.dispatch import Signal

from chat.asked import OF_PEOPLE
from chat.models import Answer
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event

# Sent in the transaction in which a person shows by what they do what an answer was worth, with `answer: Answer`,
# `user: User` and `kind`: "again" (another answer to the same question) or "rephrase" (the question in other words).
reacted = Signal()
# Sent when a person looks at one of their conversations, with `conversation_id: UUID` and `user: User`.
opened = Signal()


def finished(answer_ids: Iterable[UUID]) -> None:
    """These answers have ended. Nobody hears of what is asked from the shell or by an evaluation."""
    if not sending.is_wanted(Event.ANSWER_FINISHED):
        return
    for answer in Answer.objects.filter(OF_PEOPLE, pk__in=list(answer_ids)).select_related("turn", "release"):
        sending.send(
            Event.ANSWER_FINISHED,
            {
                "answer": str(answer.pk),
                "conversation": str(answer.turn.conversation_id),
                "state": answer.state,
                "status": answer.status,
                "release": answer.release.name if answer.release else "",
            },
        )
