"""Feedback of programs' users on answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from chat import conversations
from chat.models import Answer
from evaluation import feedback
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of
from ragapp.api.problems import Problem
from ragapp.lib.text import storable

router = Router(tags=["answers"])
GIVE = Bearer(Scope.CHAT, counted_as="feedback")
REFUSALS = {code: Problem for code in (400, 401, 403, 404, 413, 422, 429)}
ReasonName = Literal["wrong", "incomplete", "not_supported", "outdated", "wrong_source", "unsafe", "too_slow", "other"]


class FeedbackIn(Schema):
    """`thumb` 1: helpful, -1: not helpful; `rating` from 1 to 5."""

    thumb: Literal[1, -1]
    reasons: list[ReasonName] = Field(default=[], max_length=8)
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    comment: str = Field(default="", max_length=2000)


class FeedbackOut(Schema):
    """What is kept of it."""

    answer: UUID
    thumb: int | None
    reasons: list[str]
    rating: int | None
    comment: str


@router.put("answers/{uuid:pk}/feedback", response={200: FeedbackOut, **REFUSALS}, auth=GIVE)
def give_feedback(request: HttpRequest, pk: UUID, wanted: FeedbackIn) -> dict[str, Any]:
    """Say whether one of your answers helped; what was said before is replaced."""
    given = feedback.give(
        _own(request, pk),
        user=owner_of(request),
        thumb=wanted.thumb,
        reasons=list(dict.fromkeys(wanted.reasons)),
        rating=wanted.rating,
        comment=storable(wanted.comment),
    )
    return {
        "answer": given.answer_id,
        "thumb": given.thumb,
        "reasons": given.reasons,
        "rating": given.rating,
        "comment": given.comment,
    }


@router.delete("answers/{uuid:pk}/feedback", response={204: None, **REFUSALS}, auth=GIVE)
def take_back_feedback(request: HttpRequest, pk: UUID) -> Status[None]:
    """Take it back. Nothing happens when there is none."""
    feedback.withdraw(_own(request, pk), user=owner_of(request))
    return Status(204, None)


def _own(request: HttpRequest, pk: UUID) -> Answer:
    return get_object_or_404(conversations.answers_visible_to(owner_of(request)), pk=pk)
