"""Answers in the shapes of OpenAI's chat completions. What is ours stands under the one key "ragapp"."""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest

from chat.api.showing import answer_out
from chat.models import Answer, Release
from ragapp.accounts.models import User
from ragapp.api.problems import Refused

# The model that always is the release that answers the person.
OURS = "ragapp"
_EXTENSION = (
    "status", "state", "release", "label", "notice", "question_as_understood", "citations", "nearest", "sentences",
    "is_withheld", "cost_usd",
)  # fmt: skip


def model(name: str, release: Release) -> dict[str, Any]:
    """One entry of /v1/models."""
    return {"id": name, "object": "model", "created": int(release.created_at.timestamp()), "owned_by": OURS}


def whole(answer: Answer, *, reader: User, request: HttpRequest) -> dict[str, Any]:
    """A completion. `answer` has ended, and did not fail; its turn and release are loaded."""
    told = answer_out(answer, reader=reader, request=request)
    message = {"role": "assistant", "content": told["text"], "refusal": None}
    return {
        **_head(answer, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answer)}],
        "usage": usage(answer),
        OURS: extension(told),
    }


def chunk(answer: Answer, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One piece of a stream."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**_head(answer, "chat.completion.chunk"), "choices": [choice], **more}


def usage_chunk(answer: Answer) -> dict[str, Any]:
    """The last piece, for who asked for it."""
    return {**_head(answer, "chat.completion.chunk"), "choices": [], "usage": usage(answer)}


def extension(told: dict[str, Any]) -> dict[str, Any]:
    """What the answer rests on and how it came about. `answer` is its id below /api/answers/."""
    return {"answer": told["id"], **{name: told[name] for name in _EXTENSION}}


def usage(answer: Answer) -> dict[str, int] | None:
    """What the model's provider counted; nothing where no model was asked, null where the provider did not say."""
    if answer.model in ("", "extractive"):
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if answer.tokens_in is None or answer.tokens_out is None:
        return None
    total = answer.tokens_in + answer.tokens_out
    return {"prompt_tokens": answer.tokens_in, "completion_tokens": answer.tokens_out, "total_tokens": total}


def finish_reason(answer: Answer) -> str:
    """ "content_filter" when a rule stopped it, "length" when it ended before its end."""
    if answer.status == Answer.Status.BLOCKED:
        return "content_filter"
    return "length" if answer.state == Answer.State.STOPPED else "stop"


def failed(answer: Answer) -> Refused:
    """An answer that failed, as an error that is worth another try."""
    return Refused(503, answer.failure or "The answer could not be made.", headers={"Retry-After": "5"})


def event(data: dict[str, Any] | str) -> str:
    """One event on the wire."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, cls=DjangoJSONEncoder)}\n\n"


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer.pk}",
        "object": kind,
        "created": int(answer.created_at.timestamp()),
        "model": answer.release.name if answer.release else OURS,
        "system_fingerprint": None,
    }
