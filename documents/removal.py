"""Taking documents away with all that was made from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from documents.lineage import documents_removed, text_withdrawn
from documents.models import (
    AccessList,
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    ChunkMeanings,
    Document,
    DocumentVersion,
    Extraction,
    IndexVersion,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many of each went, and the keys of the files, which the caller deletes once the rows are gone."""

    documents: int = 0
    versions: int = 0
    extractions: int = 0
    passages: int = 0
    vectors: int = 0
    lexical_rows: int = 0
    files: tuple[str, ...] = ()
    pictures: int = 0
    answers: int = 0  # that lost what they took from it


@transaction.atomic
def remove_documents(document_ids: Iterable[UUID]) -> Removed:
    """Remove these documents and their attachments: passages, vectors, lexemes, extractions, versions, own lists.

    Answers and caches hear of it through `documents_removed`, in this transaction.
    """
    ids = with_attachments(document_ids)
    if not ids:
        return Removed()
    # Locked before anything else, as the last stage of ingestion does: work under way ends before or finds nothing.
    locked = list(Document.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    ids = [document.pk for document in locked]
    versions = DocumentVersion.objects.filter(document__in=ids)
    files = tuple(versions.values_list("storage_key", flat=True))
    gone = Counter[str]()
    for _, counts in documents_removed.send(sender=Document, document_ids=ids):
        gone.update(counts or {})
    indexes = set(Chunk.objects.filter(document__in=ids).order_by().values_list("index_version", flat=True).distinct())
    vectors = ChunkEmbedding.objects.filter(document__in=ids).delete()[0]
    lexical_rows = ChunkLexemes.objects.filter(document__in=ids).delete()[0]
    ChunkMeanings.objects.filter(chunk__document__in=ids).delete()
    passages = Chunk.objects.filter(document__in=ids).delete()[0]
    extractions = Extraction.objects.filter(version__document__in=ids).delete()[0]
    number_of_versions = versions.count()
    Document.objects.filter(pk__in=ids).delete()
    AccessList.objects.filter(pk__in=[d.access_list_id for d in locked if d.access_list_id]).delete()
    IndexVersion.objects.filter(pk__in=indexes, is_stale=False).update(is_stale=True)
    return Removed(
        documents=len(ids),
        versions=number_of_versions,
        extractions=extractions,
        passages=passages,
        vectors=vectors,
        lexical_rows=lexical_rows,
        files=files,
        pictures=gone["pictures"],
        answers=gone["answers"],
    )


def withdraw_text(version: DocumentVersion, *, keep: Extraction | None = None) -> int:
    """Remove what was read from `version` before, except `keep`: text, passages, vectors, what answers quoted of it.

    Runs inside the caller's transaction, which holds a lock on the document; how many extractions went. A version that
    has nothing left to show is not the current one any more.
    """
    old = version.extractions.exclude(pk=keep.pk) if keep else version.extractions.all()
    count = _withdraw(old, [version.document_id])
    if count and keep is None:
        Document.objects.filter(pk=version.document_id, current_version=version).update(current_version=None)
    return count


def withdraw_all(version_ids: Collection[int]) -> int:
    """`withdraw_text` of many versions at once, whose documents the caller has locked; how many extractions went.

    Documents that these versions answered for answer nothing until one of them has been read again.
    """
    documents = list(
        Document.objects.filter(versions__in=version_ids).order_by("pk").distinct().values_list("pk", flat=True)
    )
    count = _withdraw(Extraction.objects.filter(version__in=version_ids), documents)
    Document.objects.filter(current_version__in=version_ids).update(current_version=None)
    return count


def _withdraw(extractions: QuerySet[Extraction], document_ids: list[UUID]) -> int:
    ids = list(extractions.values_list("pk", flat=True))
    if not ids:
        return 0
    chunks = Chunk.objects.filter(extraction__in=ids)
    indexes = list(chunks.order_by().values_list("index_version", flat=True).distinct())
    text_withdrawn.send(sender=Document, document_ids=document_ids)
    ChunkEmbedding.objects.filter(chunk__in=chunks).delete()
    ChunkLexemes.objects.filter(chunk__in=chunks).delete()
    ChunkMeanings.objects.filter(chunk__in=chunks).delete()
    Extraction.objects.filter(pk__in=ids).delete()
    IndexVersion.objects.filter(pk__in=indexes, is_stale=False).update(is_stale=True)
    return len(ids)


def with_attachments(document_ids: Iterable[UUID]) -> list[UUID]:
    """These documents and everything that was attached to them, each once."""
    found = list(dict.fromkeys(document_ids))
    level = found
    while level:
        level = list(Document.objects.filter(parent__in=level).exclude(pk__in=found).values_list("pk", flat=True))
        found += level
    return found
