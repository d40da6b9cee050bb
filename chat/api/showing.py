"""Answers as data for programs, with no more than their pages would show to the same person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from chat import sources
from chat.labels import label_of
from chat.models import Answer, Citation
from documents import access, lineage
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What the reader may be told of cited documents; one that is missing in `paths` may not be read."""

    paths: Mapping[UUID, str]
    sheets: Mapping[tuple[int, int], str]

    def is_open(self, citation: Citation) -> bool:
        """Whether the reader may see it: what was removed holds no words any more."""
        return citation.removed_at is not None or citation.document_id in self.paths


def answer_out(answer: Answer, *, reader: User, request: HttpRequest) -> dict[str, Any]:
    """AnswerOut of an answer whose turn and release are loaded, as `reader` may see it now."""
    return answers_out([answer], reader=reader, request=request)[0]


def answers_out(answers: Iterable[Answer], *, reader: User, request: HttpRequest) -> list[dict[str, Any]]:
    """AnswerOut of each in order, with one question about rights."""
    rows = [(answer, list(answer.citations.all())) for answer in answers]
    cited = [citation for _, citations in rows for citation in citations if citation.removed_at is None]
    readable = access.readable_documents(reader).filter(pk__in={citation.document_id for citation in cited})
    paths = dict(readable.values_list("pk", "path")) if cited else {}
    told = [citation.extraction_id for citation in cited if citation.document_id in paths]
    places = _Places(paths=paths, sheets=lineage.sheet_names(told))
    threads = {answer.turn.conversation_id for answer, _ in rows}
    # What was carried over from earlier answers may name a source that is closed now.
    closed = {
        thread
        for thread in threads
        if not sources.all_open(Answer.objects.filter(turn__conversation=thread), reader=reader)
    }
    return [
        _answer(answer, citations, places, request=request, is_closed=answer.turn.conversation_id in closed)
        for answer, citations in rows
    ]


def _answer(
    answer: Answer, citations: Iterable[Citation], places: _Places, *, request: HttpRequest, is_closed: bool
) -> dict[str, Any]:
    # The text was made from its sources: whoever may no longer read one of them does not read the text either.
    is_withheld = any(citation.is_support and not places.is_open(citation) for citation in citations)
    has_text = not is_withheld and not answer.is_running
    support = [citation for citation in citations if citation.is_support] if has_text else []
    nearest = [c for c in citations if not c.is_support and c.removed_at is None and places.is_open(c)]
    return {
        "id": answer.pk,
        "conversation": answer.turn.conversation_id,
        "question": answer.turn.question,
        "question_as_understood": "" if is_closed else answer.question_as_understood,
        "state": answer.state,
        "status": answer.status,
        "text": answer.text if has_text else "",
        "is_withheld": is_withheld,
        "notice": answer.notice if has_text else "",
        "failure": answer.failure,
        "label": "" if answer.is_running else label_of(answer),
        "language": answer.language,
        "release": answer.release.name if answer.release else "",
        "model": answer.model,
        "citations": [_citation(citation, places, request) for citation in support],
        "nearest": [_citation(citation, places, request) for citation in nearest],
        "sentences": answer.sentences if has_text else [],
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "cost_usd": answer.cost_usd,
        "created_at": answer.created_at,
        "finished_at": answer.finished_at,
    }


def _citation(citation: Citation, places: _Places, request: HttpRequest) -> dict[str, Any]:
    is_removed = citation.removed_at is not None
    at = reverse("chat:source", args=[citation.answer_id, citation.marker])
    return {
        "marker": citation.marker,
        "document": None if is_removed else citation.document_id,
        "title": citation.title,
        "path": places.paths.get(citation.document_id, ""),
        "version": citation.version_number,
        "page": citation.page,
        "sheet": "" if is_removed else places.sheets.get((citation.extraction_id, citation.page or 0), ""),
        "quote": citation.quote,
        "is_removed": is_removed,
        "url": request.build_absolute_uri(at),
    }


def why_out(answer: Answer, *, reader: User) -> dict[str, Any]:
    """WhyOut of an answer: the trace, without what `reader` may not read now."""
    candidates: list[dict[str, Any]] = list(answer.candidates or ())
    ids = {UUID(str(candidate["document_id"])) for candidate in candidates}
    titles: dict[UUID, str] = dict(access.readable_documents(reader).filter(pk__in=ids).values_list("pk", "title"))
    shown = [(UUID(str(one["document_id"])), one) for one in candidates]
    passages = [
        {
            "document": document,
            "title": titles[document],
            "page": one.get("page"),
            "is_used": bool(one.get("used")),
            "is_kept": bool(one.get("kept")),
            "fate": str(one.get("fate", "")),
            "score": float(one.get("score", 0.0)),
            "ranks": {str(leg): int(rank) for leg, rank in (one.get("ranks") or {}).items()},
        }
        for document, one in shown
        if document in titles
    ]
    return {
        "answer": answer.pk,
        "decision": str((answer.decision or {}).get("status", answer.status)),
        "sufficiency": (answer.decision or {}).get("sufficiency"),
        "passages": passages,
        "withheld": len(candidates) - len(passages),
        "guards": [
            {name: str(one.get(name, "")) for name in ("guard", "verdict", "reason")} for one in answer.guard_verdicts
        ],
        "ms": {stage: float(ms) for stage, ms in answer.stage_ms.items() if isinstance(ms, int | float)},
        "model": answer.model,
        "fallback_step": answer.fallback_step,
        "cache_layer": answer.cache_layer,
    }
