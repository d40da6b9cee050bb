"""What the chat's part of the API sends and takes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from ninja import Field, Schema

from ragapp.api.problems import Problem

REFUSALS = {code: Problem for code in (400, 401, 403, 404, 413, 422, 429)}
ID = Annotated[int, Field(ge=1, le=2**63 - 1)]


class QuestionIn(Schema):
    """`conversation` continues one of yours, `collection` asks only there, `as_of` asks what held on that day,
    `is_hidden` keeps it out of the sidebar.
    """

    question: str = Field(min_length=1, max_length=settings.QUESTION_MAX_CHARS)
    conversation: UUID | None = None
    collection: ID | None = None
    as_of: date | None = None
    is_hidden: bool = False


class CitationOut(Schema):
    """`marker` is the number in brackets in the text; `document` is null once it was removed."""

    marker: int
    document: UUID | None
    title: str
    path: str
    version: int
    page: int | None
    sheet: str
    quote: str
    is_removed: bool
    url: str


class SentenceOut(Schema):
    """A sentence of the answer; `support` from 0 to 1 says how well the cited words carry it."""

    text: str
    markers: list[int]
    support: float | None
    is_supported: bool


class AnswerOut(Schema):
    """`is_withheld`: you may no longer read one of its sources, so the text is not shown. Show `label` beside it."""

    id: UUID
    conversation: UUID
    question: str
    question_as_understood: str
    state: Literal["pending", "streaming", "done", "stopped", "failed"]
    status: Literal["", "answered", "caveat", "conflict", "not_found", "blocked", "failed"]
    text: str
    is_withheld: bool
    notice: str
    failure: str
    label: str
    language: str
    release: str
    model: str
    citations: list[CitationOut]
    nearest: list[CitationOut]
    sentences: list[SentenceOut]
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: Decimal | None
    created_at: datetime
    finished_at: datetime | None


class ConsideredOut(Schema):
    """A passage that was considered; `ranks` by leg of the search, from 1."""

    document: UUID
    title: str
    page: int | None
    is_used: bool
    is_kept: bool
    fate: str
    score: float
    ranks: dict[str, int]


class GuardOut(Schema):
    """What a rule said."""

    guard: str
    verdict: str
    reason: str


class WhyOut(Schema):
    """Why an answer is as it is. `withheld`: how many passages of documents that you may not read; `ms` by stage."""

    answer: UUID
    decision: str
    sufficiency: float | None
    passages: list[ConsideredOut]
    withheld: int
    guards: list[GuardOut]
    ms: dict[str, float]
    model: str
    fallback_step: int
    cache_layer: str


class ConversationOut(Schema):
    """A thread of questions."""

    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


class ConversationsOut(Schema):
    """One page of a list, the latest used first; `next` is the `after` of the next one, or null."""

    items: list[ConversationOut]
    next: str | None


class TurnOut(Schema):
    """A question; more than one answer after asking again, the latest last."""

    id: UUID
    question: str
    collection: int | None
    as_of: date | None
    asked_at: datetime
    answers: list[AnswerOut]


class ThreadOut(ConversationOut):
    """A thread with its questions in the order in which they were asked."""

    turns: list[TurnOut]
