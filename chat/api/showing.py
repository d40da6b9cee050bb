"""An answer as data for programs, with no more than its page would show to the same person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from chat.labels import label_of
from chat.models import Answer, Citation
from documents import access, lineage
from ragapp.accounts.models import User


def answer_out(answer: Answer, *, reader: User, request: HttpRequest) -> dict[str, Any]:
    """AnswerOut of an answer whose turn and release are loaded, as `reader` may see it now."""
    cited = list(answer.citations.all())
    paths = _paths(cited, reader)
    told = [_citation(citation, paths, request) for citation in cited if _is_open(citation, paths)]
    # The text was made from its sources: whoever may no longer read one of them does not read the text either.
    is_withheld = any(citation.is_support and not _is_open(citation, paths) for citation in cited)
    _name_sheets(told, cited)
    has_text = not is_withheld and not answer.is_running
    return {
        "id": answer.pk,
        "conversation": answer.turn.conversation_id,
        "question": answer.turn.question,
        "question_as_understood": "" if is_withheld else answer.question_as_understood,
        "state": answer.state,
        "status": answer.status,
        "text": answer.text if has_text else "",
        "is_withheld": is_withheld,
        "notice": answer.notice,
        "failure": answer.failure,
        "label": "" if answer.is_running else label_of(answer),
        "language": answer.language,
        "release": answer.release.name if answer.release else "",
        "model": answer.model,
        "citations": [one for one, c in told if c.is_support and has_text],
        "nearest": [one for one, c in told if not c.is_support and c.removed_at is None],
        "sentences": answer.sentences if has_text else [],
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "cost_usd": answer.cost_usd,
        "created_at": answer.created_at,
        "finished_at": answer.finished_at,
    }


def _paths(cited: Iterable[Citation], reader: User) -> dict[UUID, str]:
    """The paths of the cited documents that `reader` may read now."""
    wanted = {citation.document_id for citation in cited if citation.removed_at is None}
    return dict(access.readable_documents(reader).filter(pk__in=wanted).values_list("pk", "path")) if wanted else {}


def _is_open(citation: Citation, paths: dict[UUID, str]) -> bool:
    return citation.removed_at is not None or citation.document_id in paths


def _citation(citation: Citation, paths: dict[UUID, str], request: HttpRequest) -> tuple[dict[str, Any], Citation]:
    at = reverse("chat:source", args=[citation.answer_id, citation.marker])
    is_removed = citation.removed_at is not None
    return {
        "marker": citation.marker,
        "document": None if is_removed else citation.document_id,
        "title": citation.title,
        "path": paths.get(citation.document_id, ""),
        "version": citation.version_number,
        "page": citation.page,
        "sheet": "",
        "quote": citation.quote,
        "is_removed": is_removed,
        "url": request.build_absolute_uri(at),
    }, citation


def _name_sheets(told: Iterable[tuple[dict[str, Any], Citation]], cited: Iterable[Citation]) -> None:
    """Pages of workbooks are sheets, which have names."""
    sheets = lineage.sheet_names(citation.extraction_id for citation in cited)
    for one, citation in told:
        if citation.removed_at is None:
            one["sheet"] = sheets.get((citation.extraction_id, citation.page or 0), "")
