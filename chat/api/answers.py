"""Questions and answers: ask, look at what came, ask again, stop, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status

from chat import conversations, programs, streaming
from chat.api.making import require_room
from chat.api.shapes import REFUSALS, AnswerOut, QuestionIn, WhyOut
from chat.api.showing import answer_out, why_out
from chat.models import Answer, AskedByProgram, Conversation
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of, token_of
from ragapp.api.problems import Refused, not_found
from ragapp.lib.text import storable

router = Router(tags=["answers"])
ASK, READ = Bearer(Scope.CHAT), Bearer(Scope.CHAT, counted_as="api_read")


@router.post("questions", response={202: AnswerOut, **REFUSALS}, auth=ASK)
def question(request: HttpRequest, wanted: QuestionIn) -> Status[dict[str, Any]]:
    """Ask. The answer is made in the background: look at it until its state is done, stopped or failed."""
    text = storable(wanted.question).strip()
    if not text:
        raise Refused(422, _("The question is empty."), _("Write a question."))
    require_room()
    user, thread = owner_of(request), None
    if wanted.conversation is not None:
        thread = get_object_or_404(Conversation, pk=wanted.conversation, user=user, deleted_at__isnull=True)
    try:
        answer = programs.ask(
            text,
            token=token_of(request),
            door=AskedByProgram.Door.API,
            conversation=thread,
            collection_id=wanted.collection,
            as_of=wanted.as_of,
            is_hidden=wanted.is_hidden,
        )
    except conversations.CollectionUnknown:
        raise not_found() from None
    return _launched(request, answer.pk)


@router.get("answers/{uuid:pk}", response={200: AnswerOut, **REFUSALS}, auth=READ)
def answer(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One of your answers as it stands, with what it rests on."""
    return answer_out(_own(request, pk), reader=owner_of(request), request=request)


@router.get("answers/{uuid:pk}/why", response={200: WhyOut, **REFUSALS}, auth=READ)
def why(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Why it is as it is: the passages considered, the decision, what the rules said, the time of each stage."""
    return why_out(_own(request, pk), reader=owner_of(request))


@router.post("answers/{uuid:pk}/again", response={202: AnswerOut, **REFUSALS}, auth=ASK)
def again(request: HttpRequest, pk: UUID) -> Status[dict[str, Any]]:
    """Another answer to the same question. The earlier one stays."""
    require_room()
    return _launched(request, conversations.again(_own(request, pk), user=owner_of(request)).pk)


@router.post("answers/{uuid:pk}/stop", response={204: None, **REFUSALS}, auth=READ)
def stop(request: HttpRequest, pk: UUID) -> Status[None]:
    """End the making of an answer; what is there stays. Nothing happens when it has ended."""
    async_to_sync(streaming.stop)(_own(request, pk).pk)
    return Status(204, None)


def _launched(request: HttpRequest, pk: UUID) -> Status[dict[str, Any]]:
    streaming.launch(pk)
    return Status(202, answer_out(_own(request, pk), reader=owner_of(request), request=request))


def _own(request: HttpRequest, pk: UUID) -> Answer:
    answers = conversations.answers_visible_to(owner_of(request)).select_related("turn__conversation", "release")
    return get_object_or_404(answers.prefetch_related("citations"), pk=pk)
