"""From what was shown back to the bytes, from the bytes to what is found, and the signal that a source has gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Count, Func, IntegerField, Max, QuerySet, Sum
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Length
from django.dispatch import Signal
from django.utils.translation import gettext as _

from documents import originals
from documents.access import readable_documents
from documents.ingestion.types import boxes_for, pages_from_json
from documents.models import Chunk, Document, DocumentVersion, Extraction, IngestionRun
from ragapp.accounts.models import User

# Sent in the transaction that removes documents, with `document_ids: list[UUID]`. A receiver answers with how many of
# its own things go with them, by name, for the receipt.
documents_removed = Signal()

# Sent in the transaction that takes away text which documents showed before, because a stricter policy about personal
# data holds now, with `document_ids: list[UUID]`. The documents stay.
text_withdrawn = Signal()

# Asked for the ids of index versions that somebody above relies on by name: they are kept up to date, never removed.
index_pins = Signal()

# Asked with `document_ids: list[UUID]`; answered with how many questions without an answer came close to each of them.
questions_left_open = Signal()
# Asked for questions that people asked: each receiver returns [(text, id of the asker)], at most `limit` of them.
questions_asked = Signal()

# Asked with `asker: User` for the ways in which questions are answered here, to look at what one of them would find:
# each receiver returns [Way], the one that answers this person first.
answering_ways = Signal()

AROUND_CHARS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How passages are looked for when questions are answered in this way."""

    name: str
    index_version_id: int | None  # None: the live one
    top_k: int


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
    # Of the pages it stands on: width and height in points, 0 if unknown.
    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    has_original: bool = True  # the reader may see the file as it was uploaded
    current_number: int | None = None  # of the version that answers today
    valid_from: date | None = None
    valid_to: date | None = None  # the last day on which this version holds
    source_url: str = ""  # of the web page that it was read from, "" for what was uploaded
    checked_at: datetime | None = None  # when that page was last looked at


def source_of(extraction_id: int, start: int, end: int, *, reader: User | AnonymousUser) -> Source | None:
    """The characters [start, end) of an extraction, for a reader who may read its document now; else None."""
    extraction = (
        Extraction.objects.filter(pk=extraction_id, version__document__in=readable_documents(reader))
        .select_related("version__document__collection", "version__document__current_version")
        .first()
    )
    if extraction is None:
        return None
    version, document, text = extraction.version, extraction.version.document, extraction.text
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    marks: dict[int, list[Mark]] = {}
    pages = pages_from_json(extraction.layout.get("pages", []))
    # A redacted document is shown as text: its pages still say what was taken out.
    for number, box in () if originals.is_withheld(version) else boxes_for(pages, start, end):
        marks.setdefault(number, []).append(Mark(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1))
    on = tuple(page for page in pages if page.start < max(end, start + 1) and page.end > start)
    return Source(
        document_id=document.pk,
        title=document.title,
        path=document.path,
        collection=_("Your own file") if document.collection.is_private else document.collection.name,
        version_id=version.pk,
        version_number=version.number,
        extraction_id=extraction.pk,
        is_current=document.current_version_id == version.pk and extraction.is_current,
        current_number=document.current_version.number if document.current_version else None,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
        source_url=document.source_url,
        checked_at=document.source_pages.aggregate(last=Max("checked_at"))["last"] if document.source_url else None,
        language=extraction.language,
        media_type=version.media_type,
        filename=version.filename,
        page=on[0].number if on else None,
        sheet=on[0].label if on and "spreadsheet" in version.media_type else "",
        pages=tuple(page.number for page in on),
        marks={number: tuple(found) for number, found in marks.items()},
        sizes={page.number: (page.width, page.height) for page in on},
        before=text[_break_before(text, start) : start],
        quote=text[start:end],
        after=text[end : _break_after(text, end)],
        has_original=originals.shows(version, reader),
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


def pages_at(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The number of the page on which each (extraction id, character) stands, for those that stand on one.

    Only the numbers leave the database, and each layout is read once: that of a book is megabytes.
    """
    wanted = sorted(set(places))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH laid_out AS MATERIALIZED (
                SELECT extraction.id, (page->>0)::int AS number, (page->>1)::int AS first, (page->>2)::int AS until
                FROM documents_extraction AS extraction, jsonb_array_elements(layout->'pages') AS page
                WHERE extraction.id = ANY(%s)
            )
            SELECT place.extraction, place.at, min(number)
            FROM unnest(%s::bigint[], %s::int[]) AS place (extraction, at)
            JOIN laid_out ON laid_out.id = place.extraction AND place.at >= first AND place.at < until
            GROUP BY 1, 2
            """,
            [[pk for pk, _ in wanted], [pk for pk, _ in wanted], [at for _, at in wanted]],
        )
        return {(extraction, at): number for extraction, at, number in cursor.fetchall()}


def filenames(version_ids: Iterable[int]) -> dict[int, str]:
    """What the files of these versions are called. Rights are the caller's to check."""
    return dict(DocumentVersion.objects.filter(pk__in=set(version_ids)).values_list("pk", "filename"))


def sheet_names(extraction_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """The names of sheets by (extraction, page number), for those of these extractions that are spreadsheets."""
    rows = Extraction.objects.filter(pk__in=set(extraction_ids), version__media_type__contains="sheet")
    return {
        (pk, int(page[0])): str(page[5])
        for pk, pages in rows.values_list("pk", "layout__pages")
        for page in pages or ()
        if page[5]
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What an index version holds of an extraction."""

    name: str
    is_live: bool
    chunker: Mapping[str, Any]
    embedding_model: str
    embedding_revision: str
    dimensions: int
    analyser: str
    passages: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a parser and a redaction made of the bytes, and the indexes that were made of that."""

    extraction_id: int
    parser: str
    parser_version: str
    redaction: str  # "" where nothing was redacted
    language: str
    characters: int
    pages: int
    read_at: datetime
    is_current: bool
    indexed: tuple[Indexed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A version from its bytes to its passages. `version` holds the digest, the size, who and when.

    Where the original is withheld from the reader, so is its digest: a short value that was taken out of the text could
    be guessed until the digest fits.
    """

    version: DocumentVersion
    run: IngestionRun | None
    is_current: bool
    is_withheld: bool
    readings: tuple[Reading, ...]  # the newest first


def traces_of(document: Document, versions: QuerySet[DocumentVersion], *, reader: User) -> list[Trace]:
    """How each of these versions of `document`, which `reader` may read, came about, the newest first.

    Holds none of the document's words. Rights are the caller's to check.
    """
    versions = versions.select_related("run", "uploaded_by").order_by("-number")
    readings, hidden = _readings(document), originals.hidden_from(reader, versions)
    return [
        Trace(
            version=version,
            run=getattr(version, "run", None),
            is_current=version.pk == document.current_version_id,
            is_withheld=version.pk in hidden,
            readings=tuple(readings.get(version.pk, ())),
        )
        for version in versions
    ]


def _readings(document: Document) -> dict[int, list[Reading]]:
    indexed = _indexed(document)
    pages = Func(KeyTransform("pages", "layout"), function="jsonb_array_length", output_field=IntegerField())
    rows = (
        Extraction.objects.filter(version__document=document)
        .annotate(characters=Length("text"), pages=pages)
        .order_by("-pk")
        .defer("text", "layout")
    )
    found: dict[int, list[Reading]] = {}
    for row in rows:
        found.setdefault(row.version_id, []).append(
            Reading(
                extraction_id=row.pk,
                parser=row.parser,
                parser_version=row.parser_version,
                redaction=row.redaction,
                language=row.language,
                characters=row.characters,
                pages=row.pages or 0,
                read_at=row.created_at,
                is_current=row.is_current,
                indexed=tuple(indexed.get(row.pk, ())),
            )
        )
    return found


def _indexed(document: Document) -> dict[int, list[Indexed]]:
    fields = ("name", "is_live", "chunker", "embedding_model", "embedding_revision", "dimensions", "analyser")
    rows = (
        Chunk.objects.filter(document=document)
        .order_by("index_version")
        .values("extraction", *(f"index_version__{name}" for name in fields))
        .annotate(passages=Count("pk"), token_count=Sum("tokens"))
    )
    found: dict[int, list[Indexed]] = {}
    for row in rows:
        index = {name: row[f"index_version__{name}"] for name in fields}
        found.setdefault(row["extraction"], []).append(
            Indexed(**index, passages=row["passages"], tokens=row["token_count"])
        )
    return found
