"""The sentences of other documents that contradict those of a document.

They are looked for in passages like its own, and in passages that share the rare words of one of its sentences: in a
long passage one sentence hardly moves the vector.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from documents.contradictions.contradiction import Kind, contradiction, is_telling, says_something
from documents.contradictions.statements import Statement, statements, title_names
from documents.models import Chunk, ChunkEmbedding, Extraction, IndexVersion
from documents.retrieval import dense, lexical
from documents.retrieval.analyse import analyse
from ragapp.llm import embedding

# How many passages of a document are compared, with how many others each, and how like they must be.
PASSAGES, NEIGHBOURS, LEAST_COSINE = 400, 8, 0.45
# How many sentences of a document are looked up by their words, and how many passages are compared with each.
SENTENCES, BY_WORDS, RAREST = 200, 4, 2
# A word in more passages than these says nothing alone.
COMMON = 200
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
    """The contradictions between this extraction, which answers, and all others in its language that do.

    A private file contradicts nobody.
    """
    index = IndexVersion.objects.filter(is_live=True).first()
    if index is None:
        return []
    chunks = Chunk.objects.filter(index_version=index, extraction=extraction).order_by("ordinal")[:PASSAGES]
    mine = [passage for passage in _read(chunks, extraction.language) if passage.said]
    neighbours = _with_the_same_words(
        _neighbours([passage.pk for passage in mine], extraction, index), mine, extraction, index
    )
    wanted = {pk for found in neighbours.values() for pk in found}
    others = {passage.pk: passage for passage in _read(Chunk.objects.filter(pk__in=wanted), extraction.language)}
    meanings, subjects = _Meanings(index), _Subjects()
    found: dict[tuple[int, int, int, int], Candidate] = {}
    for passage in mine:
        for pk in neighbours[passage.pk]:
            if pk in others and not subjects.differ(passage.extraction_id, others[pk].extraction_id):
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
        JOIN documents_collection AS collection ON collection.id = document.collection_id
        WHERE mine.chunk_id = ANY(%s) AND near.document_id <> %s AND near.distance <= %s AND NOT collection.is_private
        ORDER BY mine.chunk_id, near.distance, near.chunk_id
        """  # noqa: S608 - id and dimensions are integers
    many = ChunkEmbedding.objects.filter(index_version=index).count() > settings.EXACT_SEARCH_LIMIT
    with transaction.atomic(), connection.cursor() as cursor:
        if many:
            dense.prefer_the_index(cursor, index=index)
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


def _with_the_same_words(
    neighbours: dict[int, list[int]], mine: list[_Passage], extraction: Extraction, index: IndexVersion
) -> dict[int, list[int]]:
    """`neighbours` with the passages of other documents that hold most of the rare words of a sentence that says a
    value, a name, or yes or no.
    """
    said = [(passage.pk, one) for passage in mine for one in passage.said if is_telling(one)][:SENTENCES]
    counts = [Counter(analyse(one.skeleton, extraction.language)) for _, one in said]
    asked: list[tuple[int, str, str]] = []
    for (pk, _), terms in zip(said, lexical.weighed_all(counts, index=index), strict=True):
        # Words without statistics are new, or occur nowhere else, which costs nothing to find out.
        known = sorted((word for word in terms.lexemes if word in terms.seen), key=lambda word: terms.seen[word])
        wanted = [*(word for word in terms.lexemes if word not in terms.seen), *known[:RAREST]]
        if wanted and (known[1:] or terms.seen.get(wanted[-1], 0) <= COMMON):
            asked.append((pk, " | ".join(map(lexical.quoted, wanted)), terms.vector))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT asked.chunk_id, near.chunk_id
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(chunk_id, words, vector)
            CROSS JOIN LATERAL (
                SELECT held.chunk_id
                FROM documents_chunklexemes AS held
                JOIN documents_document AS document
                    ON document.id = held.document_id AND document.current_version_id = held.version_id
                JOIN documents_collection AS collection
                    ON collection.id = document.collection_id AND NOT collection.is_private
                JOIN documents_chunk AS chunk ON chunk.id = held.chunk_id
                JOIN documents_extraction AS extraction ON extraction.id = chunk.extraction_id
                WHERE held.index_version_id = {index.pk:d} AND held.lexemes @@ asked.words::tsquery
                    AND held.document_id <> %s AND extraction.language = %s
                ORDER BY held.weights <#> asked.vector::sparsevec, held.chunk_id LIMIT %s
            ) AS near
            """,  # noqa: S608 - the id is an integer
            [
                *([row[at] for row in asked] for at in range(3)),
                extraction.version.document_id,
                extraction.language,
                BY_WORDS,
            ],
        )
        for pk, near in cursor.fetchall():
            if near not in neighbours[pk]:
                neighbours[pk].append(near)
    return neighbours


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


class _Subjects:
    """Whom or what a document is about, by the names in its title: "Chicago" and "San Francisco" differ in most."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}

    def differ(self, one: int, other: int) -> bool:
        """Whether both have such names, and none in common."""
        left, right = self._of(one), self._of(other)
        return bool(left and right) and left.isdisjoint(right)

    def _of(self, extraction_id: int) -> frozenset[str]:
        if extraction_id not in self._names:
            asked = Extraction.objects.values_list("layout__title", "version__document__title", "text", "language")
            own_title, title, text, language = asked.get(pk=extraction_id)
            self._names[extraction_id] = title_names(own_title or title, text, language=language)
        return self._names[extraction_id]


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
