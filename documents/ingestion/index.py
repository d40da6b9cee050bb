"""The last stage: passages, vectors and lexemes become findable, all at once and beside the versions before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from documents.ingestion.types import Passage
from documents.models import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    ChunkMeanings,
    Document,
    DocumentVersion,
    Extraction,
    IndexVersion,
    IngestionRun,
)
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval import lexical
from documents.retrieval.analyse import analyse

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """A passage's lexemes, each once, and how often it occurs: a book has millions, and dictionaries are large."""

    lexemes: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def length(self) -> int:
        return sum(self.counts)


def analyse_all(passages: Sequence[Passage], *, language: str) -> list[Analysed]:
    """The lexemes of each passage. Takes a while for a book, so it is done before the rows are locked."""
    return [
        Analysed(lexemes=tuple(counts), counts=tuple(counts.values()))
        for counts in (Counter(analyse(passage.with_context, language)) for passage in passages)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """A version as one index version holds it: vectors and lexemes row by row with the passages."""

    index: IndexVersion
    passages: Sequence[Passage]
    vectors: NDArray[np.float32]
    analysed: Sequence[Analysed]


def publish(
    *, document: Document, version: DocumentVersion, extraction: Extraction, findable: Sequence[Findable]
) -> bool:
    """Make `version` findable in these indexes, and the current one unless a newer one is, or is about to be: then
    False.

    Runs inside the caller's transaction, which holds a lock on `document`: readers find the version before until it
    commits, and that one's passages stay for questions about its time. Safe to run twice. Passages of an earlier
    extraction of this version go from every index at once; the others are brought up to date afterwards.
    """
    of_earlier = Chunk.objects.filter(version=version).exclude(extraction=extraction)
    _remove(of_earlier.values_list("pk", flat=True))
    for one in findable:
        add(one, document=document, version=version, extraction=extraction)
    Extraction.objects.filter(version=version, is_current=True).exclude(pk=extraction.pk).update(is_current=False)
    Extraction.objects.filter(pk=extraction.pk).update(is_current=True)
    runs = IngestionRun.objects.filter(version__document=document, is_restoring=True).exclude(version=version)
    is_older = document.current_version is not None and document.current_version.number > version.number
    if is_older or runs.filter(version__number__gt=version.number).exists():
        return False
    runs.update(is_restoring=False)
    document.save(update_fields=["title"])
    make_current(document, version)
    return True


def add(one: Findable, *, document: Document, version: DocumentVersion, extraction: Extraction) -> None:
    """Write the passages of `version` into an index, in place of what it holds of it. Needs a lock on `document`."""
    index = one.index
    _remove(Chunk.objects.filter(index_version=index, version=version).values_list("pk", flat=True))
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
            for passage in one.passages
        ),
        batch_size=_BATCH,
    )
    ids = [chunk.pk for chunk in chunks]
    _copy(
        "documents_chunkembedding (chunk_id, index_version_id, document_id, version_id, embedding)",
        (
            (at, index.pk, document.pk, version.pk, HalfVector(vector).to_text())
            for at, vector in zip(ids, one.vectors, strict=True)
        ),
    )
    average = index.average_length or _average(one.analysed)
    _copy(
        "documents_chunklexemes"
        " (chunk_id, index_version_id, document_id, version_id, length, average_length, lexemes, weights)",
        (
            (at, index.pk, document.pk, version.pk, each.length, average, _tsvector(each), _weights(each, average))
            for at, each in zip(ids, one.analysed, strict=True)
        ),
    )
    # Their sentences get vectors later (documents.ingestion.meanings).
    _copy("documents_chunkmeanings (chunk_id, made_by, hashes, vectors)", ((at, "", b"", b"") for at in ids))
    IndexVersion.objects.filter(pk=index.pk, is_stale=False).update(is_stale=True)


def make_current(document: Document, version: DocumentVersion) -> None:
    """From now on `version`, which is indexed, answers questions about `document`, be it newer or older than before.

    Needs a lock on `document`. Statistics of the indexes that hold it are counted anew.
    """
    document.current_version = version
    document.save(update_fields=["current_version", "updated_at"])
    holding = Chunk.objects.filter(document=document).order_by().values("index_version").distinct()
    IndexVersion.objects.filter(pk__in=holding, is_stale=False).update(is_stale=True)


def _remove(chunk_ids: Iterable[int]) -> None:
    ids = list(chunk_ids)
    ChunkEmbedding.objects.filter(chunk__in=ids).delete()
    ChunkLexemes.objects.filter(chunk__in=ids).delete()
    ChunkMeanings.objects.filter(chunk__in=ids).delete()
    Chunk.objects.filter(pk__in=ids).delete()


def _copy(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _average(analysed: Sequence[Analysed]) -> float:
    return sum(one.length for one in analysed) / max(1, len(analysed))


def _tsvector(one: Analysed) -> str:
    return " ".join(lexical.quoted(lexeme) for lexeme in one.lexemes)


def _weights(one: Analysed, average: float) -> str:
    weights = lexical.weights(
        dict(zip(one.lexemes, one.counts, strict=True)), length=one.length, average_length=average
    )
    return SparseVector(weights, LEXEME_DIMENSIONS).to_text()
