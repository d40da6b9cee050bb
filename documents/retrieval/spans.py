"""Passages by their ids, for a reader who may read them now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from documents.access import readable_documents
from documents.models import Chunk, IngestionRun
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage of an extraction: `start` and `end` are a span of its text."""

    chunk_id: int
    document_id: UUID
    version_id: int
    version_number: int
    extraction_id: int
    title: str
    heading_path: str
    text: str
    start: int
    end: int
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a person may read a document now, and since when its version has answered questions; None: never."""

    is_readable: bool
    ready_at: datetime | None


def standing(document_id: UUID, version_id: int, *, reader: User) -> Standing:
    """Of one version of a document, for `reader`. Says nothing of its text."""
    ready = IngestionRun.objects.filter(
        version=version_id, version__document=document_id, state=IngestionRun.State.READY
    )
    return Standing(
        is_readable=readable_documents(reader).filter(pk=document_id).exists(),
        ready_at=ready.values_list("finished_at", flat=True).first(),
    )


def places(chunk_ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Where these passages stand: (extraction id, start, end). Those of indexes that were removed are missing."""
    rows = Chunk.objects.filter(pk__in=set(chunk_ids)).values_list("pk", "extraction_id", "start", "end")
    return {pk: (extraction, start, end) for pk, extraction, start, end in rows}


def passages(chunk_ids: Iterable[int], *, reader: User) -> list[Passage]:
    """Those of these passages that `reader` may read now, in the order given. What is gone is left out."""
    wanted = list(dict.fromkeys(chunk_ids))
    rows = (
        Chunk.objects.filter(pk__in=wanted, document__in=readable_documents(reader).values("pk"))
        .select_related("document", "version")
        .in_bulk()
    )
    return [
        Passage(
            chunk_id=chunk.pk,
            document_id=chunk.document_id,
            version_id=chunk.version_id,
            version_number=chunk.version.number,
            extraction_id=chunk.extraction_id,
            title=chunk.document.title,
            heading_path=chunk.heading_path,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            page=chunk.page,
        )
        for chunk in (rows[at] for at in wanted if at in rows)
    ]


def is_said_beside(passage: Passage, words: str, *, reader: User) -> bool:
    """Whether another passage that `reader` may read has `words` one after another, in any letters and line breaks.

    Overlapping passages of one text do not count as others.
    """
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    readable = Chunk.objects.filter(
        document__in=readable_documents(reader).values("pk"), index_version__is_live=True, text__iregex=pattern
    )
    own = Q(extraction=passage.extraction_id, start__lt=passage.end, end__gt=passage.start)
    return readable.exclude(own).exists()


def likest(document_id: UUID, text: str, *, reader: User) -> Passage | None:
    """The passage of the document as it is now that shares most words with `text`; None where none has a third of them,
    or where `reader` may not read it."""
    rows = Chunk.objects.filter(
        document_id=document_id, version=F("document__current_version"), extraction__is_current=True
    ).values_list("pk", "text")
    wanted = set(_words(text))
    best, shared = None, len(wanted) / 3
    for pk, said in rows.order_by("start", "-pk").iterator():
        here = set(_words(said))
        # Of two that share as much, the shorter one says it more closely.
        likeness = len(wanted & here) - 1e-4 * len(here)
        if likeness > shared:
            best, shared = pk, likeness
    return next(iter(passages([best] if best is not None else [], reader=reader)), None)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
