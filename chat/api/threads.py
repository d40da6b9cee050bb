"""Conversations: which there are, what was said in one, deleting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from chat import conversations, programs
from chat.api.shapes import REFUSALS, ConversationsOut, ThreadOut
from chat.api.showing import answers_out
from chat.models import Answer, Conversation
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of
from ragapp.api.problems import Refused

router = Router(tags=["conversations"])
READ = Bearer(Scope.CHAT, counted_as="api_read")


@router.get("conversations", response={200: ConversationsOut, **REFUSALS}, auth=READ)
def threads(
    request: HttpRequest,
    after: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Your conversations, the latest used first, a page at a time. Hidden ones are not listed."""
    found = conversations.conversations_of(owner_of(request)).order_by("-updated_at", "-pk")
    if after:
        when, last = _place(after)
        found = found.filter(Q(updated_at__lt=when) | Q(updated_at=when, pk__lt=last))
    page = list(found[: limit + 1])
    end = page[limit - 1] if len(page) > limit else None
    return {
        "items": [_head(one) for one in page[:limit]],
        "next": f"{end.updated_at.isoformat()}_{end.pk}" if end else None,
    }


@router.get("conversations/{uuid:pk}", response={200: ThreadOut, **REFUSALS}, auth=READ)
def thread(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """One conversation with its questions and answers."""
    user = owner_of(request)
    found = get_object_or_404(Conversation, pk=pk, user=user, deleted_at__isnull=True)
    answers = Answer.objects.select_related("turn", "release").prefetch_related("citations")
    turns = list(found.turns.prefetch_related(Prefetch("answers", queryset=answers.order_by("created_at"))))
    shown = answers_out([one for turn in turns for one in turn.answers.all()], reader=user, request=request)
    by_id = {one["id"]: one for one in shown}
    return _head(found) | {
        "turns": [
            {
                "id": turn.pk,
                "question": turn.question,
                "collection": turn.collection_id,
                "as_of": turn.as_of,
                "asked_at": turn.asked_at,
                "answers": [by_id[one.pk] for one in turn.answers.all()],
            }
            for turn in turns
        ]
    }


@router.delete("conversations/{uuid:pk}", response={204: None, **REFUSALS}, auth=READ)
def delete_thread(request: HttpRequest, pk: UUID) -> Status[None]:
    """Delete one of your conversations. For a day you can restore it on the page, then it is gone."""
    user = owner_of(request)
    found = get_object_or_404(Conversation, pk=pk, user=user, deleted_at__isnull=True)
    programs.delete(found, now=timezone.now())
    return Status(204, None)


def _head(found: Conversation) -> dict[str, Any]:
    return {"id": found.pk, "title": found.title, "created_at": found.created_at, "updated_at": found.updated_at}


def _place(after: str) -> tuple[datetime, UUID]:
    when, _line, last = after.partition("_")
    try:
        moment = datetime.fromisoformat(when)
        if moment.tzinfo is None:
            raise ValueError
        return moment, UUID(last)
    except (ValueError, OverflowError):
        raise Refused(422, _("after is no place in this list."), _("Send the next of the page before.")) from None
