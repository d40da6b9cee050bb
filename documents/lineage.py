"""From what was shown back to the bytes, and the signal that a source has gone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.dispatch import Signal

from documents.access import readable_documents
from documents.ingestion.types import boxes_for, pages_from_json
from documents.models import Extraction
from ragapp.accounts.models import User

# Sent in the transaction that removes documents, with `document_ids: list[UUID]`.
documents_removed = Signal()

# Asked for the ids of index versions that somebody above relies on by name: they are kept up to date, never removed.
index_pins = Signal()

AROUND_CHARS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A printed run of the quote: a rectangle in fractions of the page, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A span of a document with what stands around it: `before` + `quote` + `after` is one piece of its text."""

    document_id: UUID
    title: str
    path: str
    collection: str
    version_id: int
    version_number: int
    extraction_id: int
    is_current: bool  # the document's current version, so what it says today
    language: str
    media_type: str
    filename: str
    page: int | None  # where the quote starts, from 1
    sheet: str  # the name of that page, where it is a sheet
    pages: tuple[int, ...]  # every page it stands on
    marks: dict[int, tuple[Mark, ...]]  # by page; empty where the format has no geometry
    before: str
    quote: str
    after: str


def source_of(extraction_id: int, start: int, end: int, *, reader: User | AnonymousUser) -> Source | None:
    """The characters [start, end) of an extraction, for a reader who may read its document now; else None."""
    extraction = (
        Extraction.objects.filter(pk=extraction_id, version__document__in=readable_documents(reader))
        .select_related("version__document__collection")
        .first()
    )
    if extraction is None:
        return None
    version, document, text = extraction.version, extraction.version.document, extraction.text
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    marks: dict[int, list[Mark]] = {}
    pages = pages_from_json(extraction.layout.get("pages", []))
    for number, box in boxes_for(pages, start, end):
        marks.setdefault(number, []).append(Mark(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1))
    on = tuple(page for page in pages if page.start < max(end, start + 1) and page.end > start)
    return Source(
        document_id=document.pk,
        title=document.title,
        path=document.path,
        collection=document.collection.name,
        version_id=version.pk,
        version_number=version.number,
        extraction_id=extraction.pk,
        is_current=document.current_version_id == version.pk and extraction.is_current,
        language=extraction.language,
        media_type=version.media_type,
        filename=version.filename,
        page=on[0].number if on else None,
        sheet=on[0].label if on and "spreadsheet" in version.media_type else "",
        pages=tuple(page.number for page in on),
        marks={number: tuple(found) for number, found in marks.items()},
        before=text[_break_before(text, start) : start],
        quote=text[start:end],
        after=text[end : _break_after(text, end)],
    )


def _break_before(text: str, start: int) -> int:
    """Where a paragraph begins, at most AROUND_CHARS before `start` if there is one."""
    floor = max(0, start - AROUND_CHARS)
    found = text.find("\n", floor, start)
    return floor if floor == 0 or found < 0 else found + 1


def _break_after(text: str, end: int) -> int:
    ceiling = min(len(text), end + AROUND_CHARS)
    found = text.rfind("\n", end, ceiling)
    return ceiling if ceiling == len(text) or found < 0 else found
