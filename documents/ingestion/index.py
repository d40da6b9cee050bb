"""The last stage: passages, vectors and lexemes become findable, all at once and instead of the version before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from documents.ingestion.types import Passage
from documents.models import Chunk, ChunkEmbedding, ChunkLexemes, Document, DocumentVersion, Extraction, IndexVersion
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval import lexical
from documents.retrieval.analyse import analyse

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """A passage's lexemes and how often each occurs."""

    counts: Counter[str]
    length: int


def analyse_all(passages: Sequence[Passage], *, language: str) -> list[Analysed]:
    """The lexemes of each passage. Takes a while for a book, so it is done before the rows are locked."""
    return [
        Analysed(counts=counts, length=counts.total())
        for counts in (Counter(analyse(passage.with_context, language)) for passage in passages)
    ]


def publish(
    *,
    document: Document,
    version: DocumentVersion,
    extraction: Extraction,
    index: IndexVersion,
    passages: Sequence[Passage],
    vectors: NDArray[np.float32],
    analysed: Sequence[Analysed],
) -> bool:
    """Replace what can be found of `document` by these passages and make `version` the current one.

    Runs inside the caller's transaction, which holds a lock on `document`: readers find the old passages until it
    commits. Safe to run twice. False, and nothing changed, when a newer version is current already.
    """
    if document.current_version is not None and document.current_version.number > version.number:
        return False
    for model in (ChunkEmbedding, ChunkLexemes, Chunk):
        model._default_manager.filter(index_version=index, document=document).delete()
    chunks = Chunk.objects.bulk_create(
        (
            Chunk(
                index_version=index,
                extraction=extraction,
                version=version,
                document=document,
                ordinal=passage.ordinal,
                start=passage.start,
                end=passage.end,
                page=passage.page,
                heading_path=passage.heading_path,
                text=passage.text,
                tokens=passage.tokens,
                content_hash=passage.content_hash,
            )
            for passage in passages
        ),
        batch_size=_BATCH,
    )
    ids = [chunk.pk for chunk in chunks]
    _copy(
        "documents_chunkembedding (chunk_id, index_version_id, document_id, embedding)",
        ((at, index.pk, document.pk, HalfVector(vector).to_text()) for at, vector in zip(ids, vectors, strict=True)),
    )
    average = index.average_length or _average(analysed)
    _copy(
        "documents_chunklexemes (chunk_id, index_version_id, document_id, length, average_length, lexemes, weights)",
        (
            (at, index.pk, document.pk, one.length, average, _tsvector(one), _weights(one, average))
            for at, one in zip(ids, analysed, strict=True)
        ),
    )
    Extraction.objects.filter(version=version, is_current=True).exclude(pk=extraction.pk).update(is_current=False)
    Extraction.objects.filter(pk=extraction.pk).update(is_current=True)
    document.current_version = version
    document.save(update_fields=["current_version", "title", "updated_at"])
    IndexVersion.objects.filter(pk=index.pk, is_stale=False).update(is_stale=True)
    return True


def _copy(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _average(analysed: Sequence[Analysed]) -> float:
    return sum(one.length for one in analysed) / max(1, len(analysed))


def _tsvector(one: Analysed) -> str:
    return " ".join(lexical.quoted(lexeme) for lexeme in one.counts)


def _weights(one: Analysed, average: float) -> str:
    weights = lexical.weights(one.counts, length=one.length, average_length=average)
    return SparseVector(weights, LEXEME_DIMENSIONS).to_text()
