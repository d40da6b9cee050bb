"""Questions of programs: asked in the name of a token's owner, with what the program says came before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from chat import conversations, releases
from chat.models import Answer, AskedByProgram, Conversation, Release, Turn
from ragapp.accounts.models import ApiToken, Role, User

# Of what came before a release reads a few exchanges; more is not kept.
BEFORE_MAX = 20
RELEASES_LISTED = 50


@transaction.atomic
def ask(
    text: str,
    *,
    token: ApiToken,
    door: AskedByProgram.Door,
    conversation: Conversation | None = None,
    collection_id: int | None = None,
    before: Sequence[tuple[str, str]] = (),
    release: Release | None = None,
    as_of: date | None = None,
    is_hidden: bool = True,
) -> Answer:
    """The pending answer to a question that the program with `token` asks for its owner.

    `before` are (question, answer) pairs as the program tells them, oldest first. `release` None: the one that
    answers the owner. Raises as conversations.ask does.
    """
    answer = conversations.ask(
        user=token.owner,
        text=text,
        conversation=conversation,
        collection_id=collection_id,
        as_of=as_of,
        is_hidden=is_hidden,
    )
    told: list[Any] = [list(exchange) for exchange in before[-BEFORE_MAX:]]
    AskedByProgram.objects.create(turn=answer.turn, token=token, door=door, before=told)
    # Named beforehand, so that the first word of the reply can say it.
    drawn = releases.Drawn(release=release) if release else releases.drawn(token.owner)
    Answer.objects.filter(pk=answer.pk).update(release=drawn.release, drawn_by=drawn.by)
    return answer


def delete(conversation: Conversation, *, now: datetime) -> None:
    """As conversations.delete, also for a hidden one. `conversation` is its owner's, who asked for it."""
    Conversation.objects.filter(pk=conversation.pk, deleted_at__isnull=True).update(deleted_at=now)


def told_before(turn: Turn) -> list[tuple[str, str]]:
    """The (question, answer) pairs that came with the question, oldest first; none for questions of people."""
    asked = _asked_by_program(turn)
    return [(question, answer) for question, answer in asked.before] if asked else []


def token_of(turn: Turn) -> int | None:
    """The token of the program that asked; None: a person did, or the token is gone."""
    asked = _asked_by_program(turn)
    return asked.token_id if asked else None


def _asked_by_program(turn: Turn) -> AskedByProgram | None:
    """Of a turn that was read together with it, this asks nothing."""
    try:
        return turn.by_program
    except AskedByProgram.DoesNotExist:
        return None


def releases_for(owner: User) -> QuerySet[Release]:
    """The releases that a token of `owner` may name: the one that answers them; all, for who works with releases."""
    theirs = releases.current(owner)
    if owner.has_role(Role.ADMIN, Role.REVIEWER):
        newest = Release.objects.order_by("-pk").values_list("pk", flat=True)[:RELEASES_LISTED]
        return Release.objects.filter(pk__in=[theirs.pk, *newest]).order_by("-pk")
    return Release.objects.filter(pk=theirs.pk)
