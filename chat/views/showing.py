"""What a template needs to show an answer to the person who asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chat.labels import label_of
from chat.models import Answer, Citation
from chat.views.rendering import answer_html
from documents import access, lineage
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSource:
    """A citation, and where it stands: the document's path, the sheet's name and, which says what pages are, the file's
    name; "" where there is none, and of what was removed.
    """

    marker: int
    document_id: UUID
    title: str
    version_number: int
    page: int | None
    quote: str
    removed_at: datetime | None
    path: str
    sheet: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """`sources` support sentences; `nearest` are what a refusal found closest. `is_withheld`: rights have changed.

    `label` says what made it, from what and when.
    """

    html: SafeString
    sources: tuple[ShownSource, ...]
    nearest: tuple[ShownSource, ...]
    is_withheld: bool
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What the reader may be told of the citations of several answers; a document that is missing may not be read."""

    paths: Mapping[UUID, str]
    sheets: Mapping[tuple[int, int], str]
    filenames: Mapping[int, str]


def show(answer: Answer, *, reader: User) -> ShownAnswer:
    """The finished `answer` as `reader` may see it now."""
    return show_all([answer], reader=reader)[answer.pk]


def show_all(answers: Iterable[Answer], *, reader: User) -> dict[UUID, ShownAnswer]:
    """The same for many, with one question about rights."""
    rows = list(answers)
    citations = {answer.pk: list(answer.citations.all()) for answer in rows}
    wanted = {c.document_id for found in citations.values() for c in found if c.removed_at is None}
    paths = dict(access.readable_documents(reader).filter(pk__in=wanted).values_list("pk", "path")) if wanted else {}
    told = [c for found in citations.values() for c in found if c.document_id in paths]
    places = _Places(
        paths=paths,
        sheets=lineage.sheet_names(c.extraction_id for c in told),
        filenames=lineage.filenames(c.version_id for c in told),
    )
    return {answer.pk: _show(answer, citations[answer.pk], places) for answer in rows}


def _show(answer: Answer, citations: Iterable[Citation], places: _Places) -> ShownAnswer:
    readable = {c.pk for c in citations if c.removed_at is not None or c.document_id in places.paths}
    support = [c for c in citations if c.is_support]
    sources = tuple(_source(c, places) for c in support if c.pk in readable)
    nearest = tuple(
        _source(c, places) for c in citations if not c.is_support and c.pk in readable and c.removed_at is None
    )
    # The text was made from its sources: whoever may no longer read one of them does not read the text either.
    is_withheld = any(c.pk not in readable for c in support)
    chips = {
        source.marker: render_to_string("chat/_cite.html", {"answer": answer, "citation": source, "sources": sources})
        for source in sources
    }
    html = answer_html(
        "" if is_withheld else answer.text,
        sentences=answer.sentences,
        chips=chips,
        removed=frozenset(source.marker for source in sources if source.removed_at is not None),
    )
    return ShownAnswer(
        html=html,
        sources=() if is_withheld else sources,
        nearest=nearest,
        is_withheld=is_withheld,
        label=label_of(answer),
    )


def _source(citation: Citation, places: _Places) -> ShownSource:
    return ShownSource(
        marker=citation.marker,
        document_id=citation.document_id,
        title=citation.title,
        version_number=citation.version_number,
        page=citation.page,
        quote=citation.quote,
        removed_at=citation.removed_at,
        path=places.paths.get(citation.document_id, ""),
        sheet=places.sheets.get((citation.extraction_id, citation.page or 0), ""),
        filename=places.filenames.get(citation.version_id, ""),
    )
