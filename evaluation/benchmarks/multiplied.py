"""A corpus made larger than it is, so that searching it costs what searching a large one does.

Each copy of a passage gets a vector of its own, turned away from the original's (cosine .8 in the mean: about as near
as two passages of one article) to where some other passage of the collection lies: so copies keep to the directions
that real vectors take, which are fewer than there are dimensions. It gets the words of the original with every second
one replaced by a word drawn from the whole collection as often as it occurs there. So vectors stay clustered and every
word keeps its share of passages; what does not grow is the vocabulary, which makes the words of a question commoner
than they would be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector, SparseVector

from documents.models import (
    AccessEntry,
    AccessList,
    Chunk,
    Collection,
    Document,
    DocumentVersion,
    Extraction,
    IndexVersion,
    Level,
)
from documents.models.index import LEXEME_DIMENSIONS
from documents.retrieval import lexical
from ragapp.accounts.models import User

# Of every thousand documents, how many lie in each collection; a reader of the first n reads their sum.
SHARES = (("0.1 %", 1), ("1 %", 9), ("10 %", 90), ("100 %", 900))
CHUNKS_PER_DOCUMENT = 10
NEARNESS = 0.8
_BATCH = 5_000
LexicalRow = tuple[Counter[str], str, str]  # words, tsvector, sparsevec


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """Real passages: row by row their vectors and lexemes."""

    vectors: NDArray[np.float32]
    lexemes: tuple[tuple[str, ...], ...]
    average_length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Collections that share the documents out, and who reads how much."""

    collections: tuple[int, ...]
    readers: dict[str, User]


def shelves() -> Shelves:
    """Four collections and four readers: the last reads all of them, the first only the smallest."""
    people = {label: User.objects.create_user(f"benchmark {label}", password=None) for label, _ in SHARES}
    made = []
    for place, (label, _) in enumerate(SHARES):
        access_list = AccessList.objects.create()
        for reader, _ in SHARES[place:]:
            AccessEntry.objects.create(access_list=access_list, level=Level.READER, user=people[reader])
        made.append(Collection.objects.create(name=f"Benchmark {label}", access_list=access_list).pk)
    return Shelves(collections=tuple(made), readers=people)


def lexical_rows(seed: Seed, random: np.random.Generator, *, most: int) -> list[LexicalRow]:
    """At most `most` different ones, from copy to copy; a larger corpus repeats them."""
    frequencies = Counter(lexeme for row in seed.lexemes for lexeme in row)
    words, counts = list(frequencies), np.array(list(frequencies.values()), dtype=np.float64)
    made = []
    for at in range(most):
        row = seed.lexemes[at % len(seed.lexemes)]
        drawn = random.choice(len(words), size=len(row), p=counts / counts.sum())
        mixed = Counter(words[drawn[place]] if place % 2 else lexeme for place, lexeme in enumerate(row))
        made.append(_lexical(mixed, seed.average_length))
    return made


def grow(
    index: IndexVersion,
    seed: Seed,
    shelf: Shelves,
    rows: Sequence[LexicalRow],
    random: np.random.Generator,
    *,
    first: int,
    until: int,
) -> None:
    """Add passages number `first` to `until` - 1 to `index`; `rows` are from `lexical_rows`."""
    for at in range(first, until, _BATCH):
        numbers = range(at, min(at + _BATCH, until))
        vectors = _turned(seed.vectors[np.array(numbers) % len(seed.vectors)], seed, random)
        _write(index, shelf, numbers, vectors, [rows[n % len(rows)] for n in numbers], seed.average_length)


def _turned(vectors: NDArray[np.float32], seed: Seed, random: np.random.Generator) -> NDArray[np.float32]:
    towards = seed.vectors[random.integers(len(seed.vectors), size=len(vectors))] - seed.vectors.mean(axis=0)
    towards += random.normal(scale=0.01, size=vectors.shape).astype(np.float32)  # no two copies are the same
    towards -= (towards * vectors).sum(axis=1, keepdims=True) * vectors
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    nearness = random.normal(NEARNESS, 0.05, size=(len(vectors), 1)).clip(0.6, 0.99).astype(np.float32)
    turned: NDArray[np.float32] = (nearness * vectors + np.sqrt(1 - nearness**2) * towards).astype(np.float32)
    return turned


def _write(
    index: IndexVersion,
    shelf: Shelves,
    numbers: range,
    vectors: NDArray[np.float32],
    lexical_rows: Sequence[LexicalRow],
    average: float,
) -> None:
    """Documents of ten passages each."""
    documents = [_document(shelf, number) for number in numbers[::CHUNKS_PER_DOCUMENT]]
    of = [documents[(number - numbers[0]) // CHUNKS_PER_DOCUMENT] for number in numbers]
    extractions = _with_versions(documents)
    placed = [(number, document, extractions[document.pk]) for number, document in zip(numbers, of, strict=True)]
    chunks = Chunk.objects.bulk_create(
        (
            Chunk(
                index_version=index, extraction=extraction, version_id=extraction.version_id,
                document=document, ordinal=number % CHUNKS_PER_DOCUMENT, start=0, end=1,
                text=" ".join(words), tokens=words.total(), content_hash="",
            )
            for (number, document, extraction), (words, _, _) in zip(placed, lexical_rows, strict=True)
        ),
        batch_size=1000,
    )  # fmt: skip
    _copy(
        "documents_chunkembedding (chunk_id, index_version_id, document_id, version_id, embedding)",
        (
            (chunk.pk, index.pk, chunk.document_id, chunk.version_id, HalfVector(vector).to_text())
            for chunk, vector in zip(chunks, vectors, strict=True)
        ),
    )
    _copy(
        "documents_chunklexemes"
        " (chunk_id, index_version_id, document_id, version_id, length, average_length, lexemes, weights)",
        (
            (chunk.pk, index.pk, chunk.document_id, chunk.version_id, words.total(), average, vector, weights)
            for chunk, (words, vector, weights) in zip(chunks, lexical_rows, strict=True)
        ),
    )


def _document(shelf: Shelves, number: int) -> Document:
    place, shelf_number = number // CHUNKS_PER_DOCUMENT % 1000, 0
    for _, share in SHARES[:-1]:
        if place < share:
            break
        place, shelf_number = place - share, shelf_number + 1
    return Document(
        id=uuid4(), collection_id=shelf.collections[shelf_number], path=f"{number}.txt", title=f"Document {number}"
    )


def _with_versions(documents: Sequence[Document]) -> dict[UUID, Extraction]:
    """One version and one extraction of each, and the pointer to it; the extractions by document."""
    Document.objects.bulk_create(documents)
    versions = DocumentVersion.objects.bulk_create(
        DocumentVersion(
            document=document, number=1, sha256="0" * 64, size_bytes=1, filename="x.txt", media_type="text/plain",
            storage_key="benchmark",
        )
        for document in documents
    )  # fmt: skip
    extractions = Extraction.objects.bulk_create(
        Extraction(
            version=version, parser="none", parser_version="1", text="x", layout={}, language="en", is_current=True
        )
        for version in versions
    )
    for document, version in zip(documents, versions, strict=True):
        document.current_version = version
    Document.objects.bulk_update(documents, ["current_version"])
    return {extraction.version.document_id: extraction for extraction in extractions}


def _lexical(words: Counter[str], average: float) -> LexicalRow:
    weights = lexical.weights(words, length=words.total(), average_length=average)
    return words, " ".join(lexical.quoted(word) for word in words), SparseVector(weights, LEXEME_DIMENSIONS).to_text()


def _copy(table: str, rows: Iterator[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
