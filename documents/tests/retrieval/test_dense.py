"""The dense leg: our code chooses how vectors are compared, and no right makes it return too few."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from numpy.typing import NDArray
from pgvector import HalfVector

from documents.access import scope_of
from documents.indexes import search_indexes
from documents.models import (
    AccessEntry,
    AccessList,
    Chunk,
    ChunkEmbedding,
    Collection,
    Document,
    DocumentVersion,
    Extraction,
    IndexVersion,
    Level,
)
from documents.retrieval import dense, legs
from documents.retrieval.readable import Readable, count_chunks, readable_in
from ragapp.accounts.models import User

DIMENSIONS, CHUNKS, DOCUMENTS = 16, 3000, 30


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    drawn = np.random.default_rng(7).normal(size=(CHUNKS, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def index(django_db_setup: None, django_db_blocker: Any, vectors: NDArray[np.float32]) -> Iterator[IndexVersion]:
    """3,000 passages with an HNSW index; the stranger reads one document of thirty, the reader all. No test changes
    them, so they are made once, in a transaction around those of the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _made(vectors)
        transaction.set_rollback(True)


@pytest.fixture
def reader(index: IndexVersion, db: None) -> User:
    return User.objects.get(username="reader")


@pytest.fixture
def stranger(index: IndexVersion, db: None) -> User:
    return User.objects.get(username="stranger")


def _made(vectors: NDArray[np.float32]) -> IndexVersion:
    users = [User.objects.create_user(name, f"{name}@example.org") for name in ("reader", "stranger")]
    most, one = (Collection.objects.create(name=name, access_list=AccessList.objects.create()) for name in "ab")
    for collection, user in ((most, users[0]), (one, users[0]), (one, users[1])):
        AccessEntry.objects.create(access_list=collection.access_list, user=user, level=Level.READER)
    made = IndexVersion.objects.create(
        name="t", chunker={}, embedding_model="m", embedding_revision="1", dimensions=DIMENSIONS, analyser="a",
        is_live=True, chunk_count=CHUNKS,
    )  # fmt: skip
    chunks = []
    for number in range(DOCUMENTS):
        document = Document.objects.create(collection=one if number == 3 else most, path=f"{number}", title="t")
        version = DocumentVersion.objects.create(
            document=document, number=1, sha256="0" * 64, size_bytes=1, filename="f", media_type="text/plain",
            storage_key="k",
        )  # fmt: skip
        document.current_version = version
        document.save()
        extraction = Extraction.objects.create(version=version, parser="p", parser_version="1", text="t", layout={})
        chunks += [
            Chunk(
                index_version=made, extraction=extraction, version=version, document=document, ordinal=ordinal,
                start=0, end=1, text="t", tokens=1, content_hash="",
            )
            for ordinal in range(CHUNKS // DOCUMENTS)
        ]  # fmt: skip
    Chunk.objects.bulk_create(chunks)
    ChunkEmbedding.objects.bulk_create(
        ChunkEmbedding(
            chunk=chunk,
            index_version=made,
            document=chunk.document,
            version=chunk.version,
            embedding=HalfVector(vector),
        )
        for chunk, vector in zip(chunks, vectors, strict=True)
    )
    with connection.cursor() as cursor:
        # No index is built while foreign keys of this transaction wait to be checked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    search_indexes.create(made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE documents_chunkembedding")
    return made


def readable_by(user: User) -> Readable:
    found = readable_in(scope_of(user))
    assert found is not None
    return found


def plan(index: IndexVersion, readable: Readable, vector: NDArray[np.float32], *, compares_all: bool) -> str:
    leg = dense.leg(index=index, readable=readable, limit=10, compares_all=compares_all)
    sql, parameters = legs.statement(index=index, readable=readable, dense=leg, lexical=None, vector=vector, words=None)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["reader", "stranger"])
def test_the_exact_query_never_takes_the_index_and_the_other_always_does(
    index: IndexVersion, vectors: NDArray[np.float32], request: pytest.FixtureRequest, who: str
) -> None:
    readable = readable_by(request.getfixturevalue(who))
    exact = plan(index, readable, vectors[0], compares_all=True)
    approximate = plan(index, readable, vectors[0], compares_all=False)

    assert f"dense_{index.pk}" not in exact
    assert f"Index Scan using dense_{index.pk}" in approximate


@pytest.mark.django_db
def test_the_exact_query_reads_the_vectors_of_readable_versions_only(
    index: IndexVersion, vectors: NDArray[np.float32], stranger: User
) -> None:
    with connection.cursor() as cursor:
        # As if each document were in everybody's reach.
        cursor.execute("SET LOCAL enable_nestloop = off")
    exact = plan(index, readable_by(stranger), vectors[0], compares_all=True)

    assert "version_id = readable.id" in exact


@pytest.mark.django_db
@pytest.mark.parametrize("exact_limit", [0, CHUNKS])
@pytest.mark.parametrize("who", ["reader", "stranger"])
def test_never_fewer_than_asked_for_while_there_are_enough(
    index: IndexVersion,
    vectors: NDArray[np.float32],
    request: pytest.FixtureRequest,
    who: str,
    exact_limit: int,
) -> None:
    user = request.getfixturevalue(who)
    readable = readable_by(user)
    chunks = count_chunks(readable, index=index, at_most=CHUNKS + 1)
    for limit in (10, 100, 150):
        found = dense.nearest(
            vectors[5], index=index, readable=readable, limit=limit, readable_chunks=chunks, exact_limit=exact_limit
        )
        assert len(found) == min(limit, chunks)
    mine = set(Chunk.objects.filter(document__collection__access_list__entries__user=user).values_list("pk", flat=True))
    assert {at for at, _ in found} <= mine


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["reader", "stranger"])
def test_exact_search_agrees_with_numpy(
    index: IndexVersion, vectors: NDArray[np.float32], request: pytest.FixtureRequest, who: str
) -> None:
    readable = readable_by(request.getfixturevalue(who))
    rows = list(Chunk.objects.filter(index_version=index).order_by("pk").values_list("pk", "document__path"))
    allowed = [at for at, (_, path) in enumerate(rows) if who == "reader" or path == "3"]
    cosines = vectors[allowed] @ vectors[42]
    best = [rows[allowed[at]][0] for at in np.argsort(-cosines)[:10]]

    found = dense.exact(vectors[42], index=index, readable=readable, limit=10)
    assert [at for at, _ in found] == best
    assert found[0][1] == pytest.approx(cosines.max(), abs=2e-3)


@pytest.mark.django_db
def test_the_index_finds_what_exact_search_finds(
    index: IndexVersion, vectors: NDArray[np.float32], reader: User
) -> None:
    readable = readable_by(reader)
    shared = 0
    for vector in vectors[:20]:
        exact = dict(dense.exact(vector, index=index, readable=readable, limit=10))
        approximate = dict(dense.approximate(vector, index=index, readable=readable, limit=10))
        shared += len(exact.keys() & approximate.keys())
    assert shared >= 0.98 * 200


@pytest.mark.parametrize(
    ("passages", "made_with", "rows"),
    [
        (0, 64, 200), (50_000, 64, 200), (200_000, 64, 800), (5_000_000, 64, 1000), (200_000, 128, 500),
        (300_000, 200, 400), (5_000_000, 200, 1000), (200_000, 99, 800),
    ],
)  # fmt: skip
def test_a_larger_index_is_walked_with_more_rows_in_view_and_a_denser_one_with_fewer(
    passages: int, made_with: int, rows: int
) -> None:
    assert dense.ef_search(passages, made_with) == rows
