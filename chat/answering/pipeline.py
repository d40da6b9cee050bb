"""The stages of an answer, in order."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.events import Kind
from chat.models import Answer
from chat.offload import Offload, to_caller

Emit = Callable[[Kind, dict[str, Any]], Awaitable[None]]


async def answer(answer_id: UUID, emit: Emit, *, offload: Offload[Any] = to_caller) -> None:
    """Makes and stores the answer."""
    await emit("stage", {"name": "retrieve"})
    await emit("text", {"markdown": "Your documents do not answer this."})
    await offload(
        lambda: Answer.objects.filter(pk=answer_id).update(
            state=Answer.State.DONE,
            status=Answer.Status.NOT_FOUND,
            text="Your documents do not answer this.",
            finished_at=timezone.now(),
        )
    )
