"""What others are told of answers: ids and states, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import Signal

from chat.asked import OF_PEOPLE
from chat.models import Answer
from ragapp.accounts.models import User
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event

# Sent in the transaction in which a person shows by what they do what an answer was worth, with `answer: Answer`,
# `user: User` and `kind`: "again" (another answer to the same question) or "rephrase" (the question in other words).
reacted = Signal()
# Asks what people replied to these questions, with `turn_ids: list[UUID]` and `reader: User`; each receiver gives a
# dict of `PersonsReply` by turn.
replied = Signal()
# Sent when a person looks at one of their conversations, with `conversation_id: UUID` and `user: User`.
opened = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsReply:
    """What somebody answered when a person was asked. `text` is empty where its sources may no longer be read."""

    text: str
    by: str
    at: datetime


def replies(turn_ids: Iterable[Any], *, reader: User) -> dict[Any, PersonsReply]:
    """The latest reply of a person to each of these questions, as `reader` may read it now."""
    told: list[tuple[Any, Any]] = replied.send(sender=Answer, turn_ids=list(turn_ids), reader=reader)
    return {turn_id: reply for _, found in told for turn_id, reply in found.items()}


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
