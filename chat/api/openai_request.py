"""What a program asks of /v1/chat/completions: what is used, what is refused, what is passed over.

The release decides how an answer is made, so whatever tunes a model (temperature, max_tokens, seed, …), the messages
of role "system" and "developer" and all unknown parameters are passed over. What would change the form of the reply
(tools, several choices, a JSON schema, …) is refused, since a program that asks for it could not read ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ragapp.api.problems import Refused
from ragapp.lib.text import storable

MESSAGES_MAX = 2000
_UNSUPPORTED = "unsupported_parameter"
# Sent with these values, they ask for nothing special.
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "stop": ([], ""),
    "audio": (),
    "modalities": (["text"],),
    "web_search_options": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`before`: (question, answer) pairs that came before `question`. `model`: the name of a release, or OURS."""

    model: str
    question: str
    before: tuple[tuple[str, str], ...]
    is_stream: bool
    with_usage: bool
    collection_id: int | None
    as_of: date | None


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: str = Field(max_length=40)
    text: str | None = None


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[_Part], Field(max_length=100)] | None = None


class _StreamOptions(BaseModel):
    include_usage: bool | None = None


class _Extension(BaseModel):
    model_config = ConfigDict(extra="forbid")
    collection: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    as_of: date | None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow")
    model: str = Field(max_length=200)
    messages: list[_Message] = Field(min_length=1, max_length=MESSAGES_MAX)
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    ragapp: _Extension | None = None


def read(raw: bytes) -> Wanted:
    """The request in the body `raw`. Raises Refused (400) in the words of OpenAI's errors."""
    try:
        body = _Body.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(400, f"{place or _('The body')}: {first['msg']}.", param=place) from None
    for name, harmless in _HARMLESS.items():
        value = (body.model_extra or {}).get(name)
        if value is not None and value not in harmless:
            hint = _("Leave it out: answers are text, made as the release says.")
            raise Refused(
                400, _("%(name)s is not supported here.") % {"name": name}, hint, param=name, code=_UNSUPPORTED
            )
    *earlier, last = _spoken(body.messages)
    return Wanted(
        model=body.model,
        question=_question(last),
        before=_pairs(earlier),
        is_stream=bool(body.stream),
        with_usage=bool(body.stream_options and body.stream_options.include_usage),
        collection_id=body.ragapp.collection if body.ragapp else None,
        as_of=body.ragapp.as_of if body.ragapp else None,
    )


def _spoken(messages: Sequence[_Message]) -> list[tuple[str, str]]:
    """(role, text) of what people and the assistant said; the last one is a question."""
    said: list[tuple[str, str]] = [(one.role, _text(one)) for one in messages if one.role in ("user", "assistant")]
    if not said or said[-1][0] != "user":
        raise Refused(400, _("The last message is no question."), _("End with one of role user."), param="messages")
    return said


def _text(message: _Message) -> str:
    if message.content is None:
        return ""
    if isinstance(message.content, str):
        return storable(message.content)
    if any(part.type != "text" for part in message.content):
        hint = _("Send text, and upload documents to a collection.")
        raise Refused(400, _("Only text can be sent here."), hint, param="messages", code="unsupported_content")
    return storable("\n".join(part.text or "" for part in message.content))


def _question(last: tuple[str, str]) -> str:
    question = last[1].strip()
    if not question:
        raise Refused(400, _("The last message is empty."), _("Write a question."), param="messages")
    if len(question) > settings.QUESTION_MAX_CHARS:
        sentence = f"The question is longer than {settings.QUESTION_MAX_CHARS} characters."
        hint = "Shorten it, or upload the text as a document."
        raise Refused(400, sentence, hint, param="messages", code="context_length_exceeded")
    return question


def _pairs(said: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Each question with what was answered to it; "" where nothing was."""
    pairs: list[tuple[str, str]] = []
    for role, text in said:
        cut = text.strip()[: settings.QUESTION_MAX_CHARS]
        if role == "user":
            pairs.append((cut, ""))
        elif pairs:
            question, answered = pairs[-1]
            pairs[-1] = (question, f"{answered}\n\n{cut}".strip()[: settings.QUESTION_MAX_CHARS])
    return tuple(pairs)
