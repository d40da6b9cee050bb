"""What a template needs to show an answer to the person who asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from chat.models import Answer, Citation
from chat.views.rendering import answer_html
from documents import access, lineage
from ragapp.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """`sources` support sentences; `nearest` are what a refusal found closest. `is_withheld`: rights have changed."""

    html: SafeString
    sources: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    is_withheld: bool


def show(answer: Answer, *, reader: User) -> ShownAnswer:
    """The finished `answer` as `reader` may see it now."""
    return show_all([answer], reader=reader)[answer.pk]


def show_all(answers: Iterable[Answer], *, reader: User) -> dict[UUID, ShownAnswer]:
    """The same for many, with one question about rights."""
    rows = list(answers)
    citations = {answer.pk: list(answer.citations.all()) for answer in rows}
    wanted = {c.document_id for found in citations.values() for c in found if c.removed_at is None}
    readable: dict[UUID, str] = (
        dict(access.readable_documents(reader).filter(pk__in=wanted).values_list("pk", "path")) if wanted else {}
    )
    _name_places([c for found in citations.values() for c in found if c.document_id in readable], readable)
    return {answer.pk: _show(answer, citations[answer.pk], readable) for answer in rows}


def _name_places(citations: list[Citation], paths: Mapping[UUID, str]) -> None:
    """Gives each its `path`, a `sheet`, where its page has a name, and the `filename`: it says what pages are."""
    names = lineage.sheet_names(c.extraction_id for c in citations)
    files = lineage.filenames(c.version_id for c in citations)
    for citation in citations:
        citation.path = paths[citation.document_id]  # type: ignore[attr-defined]
        citation.sheet = names.get((citation.extraction_id, citation.page or 0), "")  # type: ignore[attr-defined]
        citation.filename = files.get(citation.version_id, "")  # type: ignore[attr-defined]


def _show(answer: Answer, citations: list[Citation], readable: Mapping[UUID, str]) -> ShownAnswer:
    open_to_reader = [c for c in citations if c.removed_at is not None or c.document_id in readable]
    sources = tuple(c for c in open_to_reader if c.is_support)
    nearest = tuple(c for c in open_to_reader if not c.is_support and c.removed_at is None)
    # The text was made from its sources: whoever may no longer read one of them does not read the text either.
    is_withheld = any(c.is_support and c not in open_to_reader for c in citations)
    chips = {
        c.marker: render_to_string("chat/_cite.html", {"answer": answer, "citation": c, "sources": sources})
        for c in sources
    }
    html = answer_html(
        "" if is_withheld else answer.text,
        sentences=answer.sentences,
        chips=chips,
        removed=frozenset(c.marker for c in sources if c.removed_at is not None),
    )
    return ShownAnswer(html=html, sources=() if is_withheld else sources, nearest=nearest, is_withheld=is_withheld)
