"""In what state documents are: figures of each, a score, and in plain words what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.access import readable_documents
from documents.conflicts import open_counts
from documents.lineage import questions_left_open
from documents.models import Chunk, Collection, Document, Extraction, IngestionRun
from ragapp.accounts.models import User

# Below this a page is mostly picture, or was read badly. A year, after which somebody should look at it again.
FEW_CHARACTERS, OLD_DAYS = 200, 2 * 365
REPEATED_SHARE = 0.3
_GOOD, _FAIR = 85, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The state of a document's current version. Shares are 0..1, `score` is 0..100."""

    document_id: UUID
    title: str
    path: str
    pages: int
    characters: int
    passages: int
    tokens: int
    language: str
    since: date | None  # valid from, or else uploaded on
    recognised_pages: int  # read from a picture
    unread_pages: int
    repeated_share: float
    hidden_words: int
    personal_data: int
    warnings: int
    conflicts: int
    open_questions: int
    score: int
    advice: tuple[str, ...]

    @property
    def characters_a_page(self) -> int:
        """Of text that was kept."""
        return round(self.characters / max(1, self.pages))

    @property
    def face(self) -> Literal["good", "warn", "bad"]:
        """What the score means."""
        return "good" if self.score >= _GOOD else "warn" if self.score >= _FAIR else "bad"


def of_document(document: Document, *, reader: User, today: date) -> Quality | None:
    """The state of `document`; None until a version of it answers."""
    found = _of(Document.objects.filter(pk=document.pk), reader=reader, today=today)
    return found[0] if found else None


def of_collection(collection: Collection, *, reader: User, today: date) -> list[Quality]:
    """The state of the documents of `collection` that `reader` may read, the worst first."""
    found = _of(readable_documents(reader).filter(collection=collection), reader=reader, today=today)
    return sorted(found, key=lambda one: (one.score, one.path))


def _of(documents: QuerySet[Document], *, reader: User, today: date) -> list[Quality]:
    rows = list(documents.filter(current_version__isnull=False).select_related("current_version"))
    ids = [row.pk for row in rows]
    versions = [row.current_version_id for row in rows]
    chunks: dict[int | None, dict[str, Any]] = {
        row["version"]: dict(row)
        for row in Chunk.objects.filter(version__in=versions, index_version__is_live=True)
        .order_by()
        .values("version")
        .annotate(passages=Count("pk"), tokens=Sum("tokens"), characters=Max("end"), pages=Max("page"))
    }
    extractions: dict[int | None, dict[str, Any]] = {
        row["version"]: dict(row)
        for row in Extraction.objects.filter(version__in=versions, is_current=True).values(
            "version", "language", "facts", "personal_data"
        )
    }
    runs = {run.version_id: run for run in IngestionRun.objects.filter(version__in=versions)}
    conflicts, questions = open_counts(ids, reader=reader), _questions(ids)
    return [
        _quality(
            row,
            chunks.get(row.current_version_id, {}),
            extractions.get(row.current_version_id, {}),
            runs.get(row.current_version_id or 0),
            conflicts=conflicts[row.pk],
            questions=questions[row.pk],
            today=today,
        )
        for row in rows
    ]


def _questions(ids: Iterable[UUID]) -> Counter[UUID]:
    """How many questions that were not answered had a passage of the document among the first."""
    counted: Counter[UUID] = Counter()
    answers: list[tuple[Any, Any]] = questions_left_open.send(sender=Document, document_ids=list(ids))
    for _receiver, found in answers:
        counted.update(found)
    return counted


def _quality(
    document: Document,
    chunks: dict[str, Any],
    extraction: dict[str, Any],
    run: IngestionRun | None,
    *,
    conflicts: int,
    questions: int,
    today: date,
) -> Quality:
    version = document.current_version
    assert version is not None
    facts = extraction.get("facts") or {}
    figures: dict[str, Any] = {
        "pages": int(facts.get("pages") or chunks.get("pages") or 0),
        "characters": int(chunks.get("characters") or 0),
        "passages": int(chunks.get("passages") or 0),
        "tokens": int(chunks.get("tokens") or 0),
        "since": version.valid_from or version.uploaded_at.date(),
        "recognised_pages": int(facts.get("recognised_pages", 0)),
        "unread_pages": len(run.unread_pages) if run is not None else 0,
        "repeated_share": float(facts.get("repeated_share", 0.0)),
        "hidden_words": int(facts.get("hidden_words", 0)),
        "warnings": len(run.warnings) if run is not None else 0,
        "conflicts": conflicts,
        "open_questions": questions,
    }
    remarks = [*_about_reading(figures), *_about_content(figures, today)]
    return Quality(
        document_id=document.pk,
        title=document.title,
        path=document.path,
        language=extraction.get("language", ""),
        personal_data=_findings(extraction.get("personal_data") or {}),
        score=max(0, 100 - sum(cost for cost, _sentence in remarks)),
        advice=tuple(sentence for _cost, sentence in remarks),
        **figures,
    )


def _about_reading(figures: dict[str, Any]) -> Iterable[tuple[int, str]]:
    """What lowers the score, by how much, with what to do: where the file was not read well."""
    pages, unread = figures["pages"], figures["unread_pages"]
    if not figures["passages"]:
        yield 60, _("It has no passages, so it answers nothing. Upload a version with text.")
    if unread:
        yield (
            min(40, 10 + 60 * unread // max(1, pages)),
            ngettext(
                "%(n)d page gave no text. Recognise it, or upload a version with text.",
                "%(n)d pages gave no text. Recognise them, or upload a version with text.",
                unread,
            )
            % {"n": unread},
        )
    # A document that is short as a whole may be meant so, of whatever kind it is.
    few = FEW_CHARACTERS <= figures["characters"] < FEW_CHARACTERS * pages
    if few and not unread:
        yield 15, _("There is little text on its pages. Look at the text to see whether something is missing.")
    if figures["recognised_pages"]:
        yield 5, _("Some pages were read from pictures. Check figures and names in their text.")
    if figures["repeated_share"] > REPEATED_SHARE:
        yield 5, _("Much of it repeats on every page and was left out. Look whether the text is complete.")
    if figures["hidden_words"]:
        yield 5, _("It holds text that readers do not see, which was left out. Ask its author why it is there.")
    if figures["warnings"] and not (unread or figures["hidden_words"]):
        yield 3, _("Reading it in left a warning. It stands beside the document in its collection.")


def _about_content(figures: dict[str, Any], today: date) -> Iterable[tuple[int, str]]:
    """The same of what it says."""
    if conflicts := figures["conflicts"]:
        yield (
            min(30, 10 * conflicts),
            ngettext(
                "It states something else than another document. Compare them and correct one.",
                "It states %(n)d things otherwise than other documents. Compare them and correct one.",
                conflicts,
            )
            % {"n": conflicts},
        )
    if (today - figures["since"]).days > OLD_DAYS:
        yield 10, _("It is more than two years old. Check that it still holds, or withdraw it.")
    if questions := figures["open_questions"]:
        yield (
            min(15, 3 * questions),
            ngettext(
                "%(n)d question came close to it and found no answer. Add what is asked for.",
                "%(n)d questions came close to it and found no answer. Add what is asked for.",
                questions,
            )
            % {"n": questions},
        )


def _findings(personal_data: dict[str, Any]) -> int:
    return sum(int(count) for count in (personal_data.get("counts") or {}).values())
