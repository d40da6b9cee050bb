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
from documents import access, lineage, suggestions
from ragapp.accounts.models import User

FOLLOW_UPS = 3
ANSWERS = (Answer.Status.ANSWERED, Answer.Status.CAVEAT, Answer.Status.CONFLICT)


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

    `label` says what made it, from what and when. Since then newer versions of the documents `superseded` answer, and
    sources were removed where `has_lost_sources`.
    """

    html: SafeString
    sources: tuple[ShownSource, ...]
    nearest: tuple[ShownSource, ...]
    is_withheld: bool
    label: str
    superseded: tuple[str, ...]
    has_lost_sources: bool

    @property
    def shows_both(self) -> bool:
        """More than one document is cited."""
        return len({source.document_id for source in self.sources}) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What the reader may be told of the citations of several answers; a document that is missing may not be read."""

    paths: Mapping[UUID, str]
    current: Mapping[UUID, int | None]
    sheets: Mapping[tuple[int, int], str]
    filenames: Mapping[int, str]


def show(answer: Answer, *, reader: User) -> ShownAnswer:
    """The finished `answer` as `reader` may see it now."""
    return show_all([answer], reader=reader)[answer.pk]


def follow_ups(answer: Answer | None, *, reader: User) -> list[str]:
    """Questions that could come next: about what stands beside the sources of the answer in the documents."""
    if answer is None or answer.is_running or answer.status not in ANSWERS:
        return []
    cited = [c for c in answer.citations.all() if c.is_support and c.removed_at is None]
    places = [(c.document_id, c.quote_start) for c in cited]
    return suggestions.follow_ups(reader, places, asked=answer.turn.question, limit=FOLLOW_UPS) if places else []


def show_all(answers: Iterable[Answer], *, reader: User) -> dict[UUID, ShownAnswer]:
    """The same for many, with one question about rights."""
    rows = list(answers)
    citations = {answer.pk: list(answer.citations.all()) for answer in rows}
    wanted = {c.document_id for found in citations.values() for c in found if c.removed_at is None}
    readable = access.readable_documents(reader).filter(pk__in=wanted)
    rights = list(readable.values_list("pk", "path", "current_version")) if wanted else []
    paths = {pk: path for pk, path, _current in rights}
    told = [c for found in citations.values() for c in found if c.document_id in paths]
    places = _Places(
        paths=paths,
        current={pk: current for pk, _path, current in rights},
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
    # Asked of documents as they held on a day, older versions are what was wanted.
    is_of_a_day = answer.turn.as_of is not None
    superseded = dict.fromkeys(
        c.title
        for c in support
        if c.pk in readable and c.removed_at is None and places.current.get(c.document_id) not in (None, c.version_id)
    )
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
        superseded=() if is_withheld or is_of_a_day else tuple(superseded),
        has_lost_sources=any(c.removed_at is not None for c in support),
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
