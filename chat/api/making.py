"""Answers for programs that hold the line: followed while their token works, stopped when they hang up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from contextvars import copy_context
from typing import TypeVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from chat import following, streaming
from chat.events import Event, with_heartbeat
from chat.models import Answer
from ragapp.accounts import tokens
from ragapp.accounts.models import ApiToken
from ragapp.api.problems import Refused
from ragapp.lib.offload import to_pool

Result = TypeVar("Result")


async def in_pool(work: Callable[[], Result]) -> Result:
    """Where it may block, with the address and the id of this request, which the audit log and the log lines name."""
    context = copy_context()
    return await to_pool(lambda: context.run(work))


def require_room() -> None:
    """Raises Refused with 429 while this process has as many answers to make as it can."""
    try:
        streaming.require_room()
    except streaming.Busy:
        wait_s = streaming.COME_BACK_S
        said = _("Many questions are being answered at this moment.")
        raise Refused(
            429, said, _("Go on in %(seconds)s seconds.") % {"seconds": wait_s}, {"Retry-After": str(wait_s)}
        ) from None


def events(token: ApiToken, answer_id: UUID) -> AsyncGenerator[Event | None, None]:
    """The answer's events while the token works; None now and then."""

    async def may_see() -> bool:
        return await to_pool(lambda: tokens.working(token.owner, now=timezone.now()).filter(pk=token.pk).exists())

    return with_heartbeat(following.read(answer_id, may_see=may_see))


async def finish(token: ApiToken, answer_id: UUID) -> None:
    """Waits for the end of a launched answer. A program that hangs up ends it: nobody waits, and it would cost."""
    try:
        async with aclosing(events(token, answer_id)) as following:
            async for _event in following:
                pass
    except asyncio.CancelledError:
        await asyncio.shield(streaming.stop(answer_id))
        raise


def loaded(answer_id: UUID) -> Answer | None:
    """The answer with its turn and release."""
    return Answer.objects.select_related("turn", "release").filter(pk=answer_id).first()
