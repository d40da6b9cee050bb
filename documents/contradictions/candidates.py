"""The sentences of other documents that contradict those of a document: looked for in passages like its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from documents.contradictions.contradiction import Kind, contradiction, says_something
from documents.contradictions.statements import Statement, statements
from documents.models import Chunk, ChunkEmbedding, Extraction, IndexVersion
from documents.retrieval import dense
from ragapp.llm import embedding

# How many passages of a document are compared, with how many others each, and how like they must be.
PASSAGES, NEIGHBOURS, LEAST_COSINE = 400, 8, 0.45
_KINDS = frozenset({"paragraph", "list_item", "table", "note"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A sentence in its document."""

    document_id: UUID
    extraction_id: int
    start: int
    end: int
    text: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Two sentences that contradict each other; `left` is of the document that was compared."""

    kind: Kind
    left: Side
    right: Side
    likeness: float


@dataclass(frozen=True, slots=True)
class _Passage:
    pk: int
    document_id: UUID
    extraction_id: int
    said: tuple[Statement, ...]


def candidates(extraction: Extraction) -> list[Candidate]:
    """The contradictions between this extraction, which answers, and all others in its language that do."""
    index = IndexVersion.objects.filter(is_live=True).first()
    if index is None:
        return []
    chunks = Chunk.objects.filter(index_version=index, extraction=extraction).order_by("ordinal")[:PASSAGES]
    mine = [passage for passage in _read(chunks, extraction.language) if passage.said]
    neighbours = _neighbours([passage.pk for passage in mine], extraction, index)
    wanted = {pk for found in neighbours.values() for pk in found}
    others = {passage.pk: passage for passage in _read(Chunk.objects.filter(pk__in=wanted), extraction.language)}
    meanings = _Meanings(index)
    found: dict[tuple[int, int, int, int], Candidate] = {}
    for passage in mine:
        for pk in neighbours[passage.pk]:
            if pk in others:
                for one in _between(passage, others[pk], meanings):
                    found[one.left.start, one.left.end, one.right.extraction_id, one.right.start] = one
    return list(found.values())


def _read(chunks: Iterable[Chunk], language: str) -> list[_Passage]:
    """Passages with the sentences that something can contradict; headings and code say nothing."""
    read: list[_Passage] = []
    layouts: dict[int, list[tuple[int, int]]] = {}
    for chunk in chunks:
        if chunk.extraction_id not in layouts:
            rows = Extraction.objects.values_list("layout__elements", flat=True).get(pk=chunk.extraction_id) or []
            layouts[chunk.extraction_id] = [(int(row[1]), int(row[2])) for row in rows if row[0] in _KINDS]
        said: list[Statement] = []
        for start, end in layouts[chunk.extraction_id]:
            start, end = max(start, chunk.start), min(end, chunk.end)
            if start < end:
                part = chunk.text[start - chunk.start : end - chunk.start]
                said += [one for one in statements(part, language=language, offset=start) if says_something(one)]
        read.append(_Passage(chunk.pk, chunk.document_id, chunk.extraction_id, tuple(said)))
    return read


def _neighbours(chunk_ids: list[int], extraction: Extraction, index: IndexVersion) -> dict[int, list[int]]:
    """Per passage the passages most like it of other documents, of versions that answer."""
    found: dict[int, list[int]] = defaultdict(list)
    column = f"embedding::halfvec({index.dimensions:d})"
    # The nearest of all come first, so that the index can be taken; those of the same document are left out after.
    sql = f"""
        SELECT mine.chunk_id, near.chunk_id
        FROM documents_chunkembedding AS mine
        CROSS JOIN LATERAL (
            SELECT other.chunk_id, other.document_id, other.version_id, other.{column} <=> mine.{column} AS distance
            FROM documents_chunkembedding AS other
            WHERE other.index_version_id = {index.pk:d}
            ORDER BY other.{column} <=> mine.{column} LIMIT %s
        ) AS near
        JOIN documents_document AS document
            ON document.id = near.document_id AND document.current_version_id = near.version_id
        WHERE mine.chunk_id = ANY(%s) AND near.document_id <> %s AND near.distance <= %s
        ORDER BY mine.chunk_id, near.distance, near.chunk_id
        """  # noqa: S608 - id and dimensions are integers
    many = ChunkEmbedding.objects.filter(index_version=index).count() > settings.EXACT_SEARCH_LIMIT
    with transaction.atomic(), connection.cursor() as cursor:
        if many:
            dense.prefer_the_index(cursor, of=index.chunk_count)
        cursor.execute(sql, [4 * NEIGHBOURS, chunk_ids, extraction.version.document_id, 1 - LEAST_COSINE])
        for mine, near in cursor.fetchall():
            if len(found[mine]) < NEIGHBOURS:
                found[mine].append(near)
    languages = dict(
        Chunk.objects.filter(pk__in={pk for near in found.values() for pk in near}).values_list(
            "pk", "extraction__language"
        )
    )
    return defaultdict(
        list, {pk: [at for at in near if languages[at] == extraction.language] for pk, near in found.items()}
    )


def _between(left: _Passage, right: _Passage, meanings: _Meanings) -> Iterable[Candidate]:
    for a in left.said:
        for b in right.said:
            found = contradiction(a, b, meaning=lambda a=a, b=b: meanings.cosine(a, b))  # type: ignore[misc]
            if found is not None:
                yield Candidate(
                    kind=found.kind,
                    left=_side(left, a, found.left if found.kind != "negation" else ""),
                    right=_side(right, b, found.right if found.kind != "negation" else ""),
                    likeness=found.likeness,
                )


def _side(passage: _Passage, said: Statement, value: str) -> Side:
    return Side(
        document_id=passage.document_id,
        extraction_id=passage.extraction_id,
        start=said.start,
        end=said.end,
        text=said.text,
        value=value[:200],
    )


class _Meanings:
    """Vectors of sentences without their values, made when they are asked for."""

    def __init__(self, index: IndexVersion) -> None:
        self._index = index
        self._vectors: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = {}

    def cosine(self, a: Statement, b: Statement) -> float:
        missing = [text for text in (a.skeleton, b.skeleton) if text not in self._vectors]
        for text, vector in zip(missing, embedding.embed_passages(missing, self._index.embedder), strict=True):
            self._vectors[text] = vector
        return float(self._vectors[a.skeleton] @ self._vectors[b.skeleton])
