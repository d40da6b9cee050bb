"""Current documents that contradict each other: found in the background, shown to who may read both, decided once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from documents.access import documents_for, readable_documents
from documents.contradictions.candidates import Candidate, Side, candidates
from documents.models import Conflict, Document, Extraction, Level
from ragapp.accounts.models import User
from ragapp.audit import log

ATTEMPTS_MAX = 3
# A sentence that differs from this many documents in as many ways is a form that each fills in.
FORM_FROM = 3
AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One side of a conflict as a person sees it."""

    document: Document
    quote: str
    value: str
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A conflict with both sides; `mine` is that of the document which was asked about."""

    conflict: Conflict
    mine: Shown
    other: Shown


class ConflictRefused(Exception):
    """The person may not decide about this conflict."""


def waiting() -> list[int]:
    """Extractions that answer and have not been compared yet; each is tried a few times only."""
    return list(
        _answering()
        .filter(compared_at=None, compare_attempts__lt=ATTEMPTS_MAX)
        .order_by("pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )


def compare(extraction_id: int) -> int:
    """Compare a document with all others, whoever may read them; how many contradictions stand now.

    Does nothing when the extraction does not answer any more. Safe to run twice.
    """
    tried = Extraction.objects.filter(pk=extraction_id, compared_at=None, compare_attempts__lt=ATTEMPTS_MAX)
    if not tried.update(compare_attempts=F("compare_attempts") + 1):
        return 0
    extraction = _answering().filter(pk=extraction_id).select_related("version__document").first()
    if extraction is None:
        return 0
    found = _without_forms(candidates(extraction))
    document_id = extraction.version.document_id
    with transaction.atomic():
        Document.objects.select_for_update().filter(pk=document_id).first()
        kept = {_store(one) for one in found}
        Conflict.objects.filter(_of([document_id]), state=Conflict.State.OPEN).exclude(pk__in=kept).delete()
        # A version that is restored later is compared again.
        Extraction.objects.filter(version__document=document_id).exclude(pk=extraction_id).update(
            compared_at=None, compare_attempts=0
        )
        Extraction.objects.filter(pk=extraction_id).update(compared_at=timezone.now())
    return len(kept)


def of_document(document: Document, *, reader: User) -> list[Pair]:
    """The conflicts of `document` with others that `reader` may read too, those to be decided first."""
    return _pairs(visible(reader).filter(_of([document.pk])), document.pk)


def open_counts(document_ids: Iterable[UUID], *, reader: User) -> Counter[UUID]:
    """How many open conflicts each of these documents has, of those that `reader` may see."""
    counted: Counter[UUID] = Counter()
    wanted = set(document_ids)
    rows = visible(reader).filter(_of(wanted), state=Conflict.State.OPEN)
    for pair in rows.values_list("left_document", "right_document"):
        counted.update(wanted.intersection(pair))
    return counted


def between(document_ids: Iterable[UUID], reader: User) -> list[Pair]:
    """The open conflicts that these documents have with each other, if `reader` may read both."""
    wanted = set(document_ids)
    open_ones = visible(reader).filter(left_document__in=wanted, right_document__in=wanted, state=Conflict.State.OPEN)
    return _pairs(open_ones, None)


def visible(reader: User) -> QuerySet[Conflict]:
    """Conflicts between what answers now, of documents that `reader` may read, both of them."""
    documents = readable_documents(reader)
    return Conflict.objects.filter(
        left_document__in=documents,
        right_document__in=documents,
        left_extraction__is_current=True,
        right_extraction__is_current=True,
        left_document__current_version=F("left_extraction__version"),
        right_document__current_version=F("right_extraction__version"),
    )


@transaction.atomic
def decide(conflict: Conflict, state: str, *, by: User, note: str = "") -> None:
    """Say that it is none, that it is resolved, or that it is open again.

    Raises ConflictRefused for who may not read both documents and change one of them.
    """
    sides = [conflict.left_document_id, conflict.right_document_id]
    if not (
        visible(by).filter(pk=conflict.pk).exists()
        and documents_for(by, Level.CONTRIBUTOR).filter(pk__in=sides).exists()
    ):
        raise ConflictRefused
    Conflict.objects.filter(pk=conflict.pk).update(
        state=Conflict.State(state), decided_by=by, decided_at=timezone.now(), note=note.strip()[:300]
    )
    log.record("conflict_decided", by=by, target_kind="conflict", target_id=conflict.pk, state=state, documents=sides)


def _answering() -> QuerySet[Extraction]:
    return Extraction.objects.filter(
        is_current=True,
        version__document__current_version=F("version"),
        version__document__collection__is_private=False,
    )


def _of(document_ids: Iterable[UUID]) -> Q:
    ids = list(document_ids)
    return Q(left_document__in=ids) | Q(right_document__in=ids)


def _without_forms(found: list[Candidate]) -> list[Candidate]:
    by_statement: dict[tuple[int, int], list[Candidate]] = defaultdict(list)
    for one in found:
        by_statement[one.left.start, one.left.end].append(one)
    return [
        one
        for group in by_statement.values()
        if len({each.right.document_id for each in group}) < FORM_FROM
        or len({each.right.value.casefold() for each in group}) < FORM_FROM
        for one in group
    ]


def _store(found: Candidate) -> int:
    """The id of its row; one that was decided stays so."""
    left, right = sorted((found.left, found.right), key=lambda side: side.document_id)
    spans = {
        f"{name}_{field}": getattr(side, field)
        for name, side in (("left", left), ("right", right))
        for field in ("extraction_id", "start", "end", "value")
    }
    row, _ = Conflict.objects.update_or_create(
        key=_key(left, right),
        defaults={**spans, "kind": found.kind, "likeness": found.likeness},
        create_defaults={
            **spans,
            "kind": found.kind,
            "likeness": found.likeness,
            "left_document_id": left.document_id,
            "right_document_id": right.document_id,
        },
    )
    return row.pk


def _key(left: Side, right: Side) -> str:
    parts = (str(left.document_id), str(right.document_id), left.text, right.text)
    return sha256("\0".join(" ".join(part.split()) for part in parts).encode()).hexdigest()


def _pairs(conflicts: QuerySet[Conflict], document_id: UUID | None) -> list[Pair]:
    rows = conflicts.select_related(
        "left_document__current_version",
        "right_document__current_version",
        "left_document__collection",
        "right_document__collection",
        "left_extraction",
        "right_extraction",
        "decided_by",
    ).order_by("-state", "-likeness", "pk")
    pairs = []
    for row in rows[:AT_ONCE]:
        left = _shown(row.left_document, row.left_extraction, row.left_start, row.left_end, row.left_value)
        right = _shown(row.right_document, row.right_extraction, row.right_start, row.right_end, row.right_value)
        mine, other = (right, left) if row.right_document_id == document_id else (left, right)
        pairs.append(Pair(conflict=row, mine=mine, other=other))
    return pairs


def _shown(document: Document, extraction: Extraction, start: int, end: int, value: str) -> Shown:
    page = next((row[0] for row in extraction.layout.get("pages", []) if row[1] <= start < row[2]), None)
    return Shown(document=document, quote=extraction.text[start:end], value=value, page=page)
