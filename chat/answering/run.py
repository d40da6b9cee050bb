"""One question, asked and answered at once: for the shell and for evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from chat import conversations
from chat.answering import pipeline
from chat.events import Kind
from chat.models import Answer, Conversation, Release, Turn
from documents import access
from ragapp.accounts.models import User
from ragapp.llm import batching


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question. `ms` by stage; `cost_usd` None: nothing was spent, or the price is not known."""

    answer_id: UUID
    answer: str
    citations: tuple[Mapping[str, Any], ...]  # {"marker", "document", "page", "quote", "title"}
    status: str
    notice: str
    release: str
    model: str
    cost_usd: Decimal | None
    ms: Mapping[str, float]
    sufficiency: float | None
    question_as_understood: str
    # What the model was told and asked; empty where none was.
    prompt: tuple[Mapping[str, str], ...] = ()
    documents: tuple[UUID, ...] = ()  # whose passages it cites
    supported: float | None = None  # the share of the answer's sentences that its sources support


def ask_once(
    question: str,
    *,
    user: User,
    collection_id: int | None = None,
    history: Sequence[tuple[str, str]] = (),
    release: Release | None = None,
    prompts: Mapping[str, str] = MappingProxyType({}),
    is_trial: bool = False,
    store: bool = True,
) -> Outcome:
    """Answers `question` for `user`, after the (question, answer) pairs of `history`, in a hidden conversation.

    `release` None: the one that answers this person; `prompts`, by task, stand in for its own. With `store` false
    nothing of it is kept. `is_trial`: see Order.
    Raises conversations.CollectionUnknown, and batching.Postponed inside `batching.offline`.
    """
    conversation = Conversation.objects.create(user=user, title=conversations.title_of(question), is_hidden=True)
    try:
        turn = None
        for ordinal, (asked, answered) in enumerate(history):
            turn = Turn.objects.create(conversation=conversation, ordinal=ordinal, question=asked, parent=turn)
            Answer.objects.create(turn=turn, state=Answer.State.DONE, text=answered)
        pending = conversations.ask(user=user, text=question, conversation=conversation, collection_id=collection_id)
        Answer.objects.filter(pk=pending.pk).update(release=release)
        async_to_sync(partial(pipeline.answer, prompts=prompts, is_trial=is_trial))(pending.pk, _unheard)
        return outcome_of(Answer.objects.select_related("release").get(pk=pending.pk))
    except batching.Postponed:
        conversation.delete()
        raise
    finally:
        if not store and conversation.pk:
            conversation.delete()


def outcome_of(answer: Answer) -> Outcome:
    """What is stored of an answer."""
    cited = answer.citations.filter(is_support=True)
    paths = _paths(answer)
    return Outcome(
        answer_id=answer.pk,
        answer=answer.text or answer.failure,
        citations=tuple(
            {
                "marker": citation.marker,
                "document": paths.get(citation.document_id, citation.title),
                "page": citation.page,
                "quote": citation.quote,
                "title": citation.title,
            }
            for citation in cited
        ),
        status=answer.status,
        notice=answer.notice,
        release=answer.release.name if answer.release else "",
        model=answer.model,
        cost_usd=answer.cost_usd,
        ms=answer.stage_ms,
        sufficiency=answer.decision.get("sufficiency"),
        question_as_understood=answer.question_as_understood,
        prompt=tuple(answer.prompt),
        documents=tuple(dict.fromkeys(answer.citations.values_list("document_id", flat=True))),
        supported=_supported(answer),
    )


def _supported(answer: Answer) -> float | None:
    stated = [sentence["is_supported"] for sentence in answer.sentences]
    return sum(stated) / len(stated) if stated else None


def _paths(answer: Answer) -> dict[UUID, str]:
    """The paths of the cited documents that the asker may read now."""
    wanted = answer.citations.values_list("document_id", flat=True)
    readable = access.readable_documents(answer.turn.conversation.user)
    return dict(readable.filter(pk__in=list(wanted)).values_list("pk", "path"))


async def _unheard(kind: Kind, payload: dict[str, Any]) -> None:
    """Nobody follows."""
