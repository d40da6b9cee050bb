"""How large an index version is: rows, and bytes on disk as PostgreSQL counts them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from documents.models import ChunkEmbedding, IndexVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes. Tables are shared by all versions, so theirs is this version's share by rows."""

    chunks: int
    vectors: int
    lexemes: int
    passages: int
    meanings: int
    hnsw: int
    gin: int

    @property
    def total(self) -> int:
        return self.vectors + self.lexemes + self.passages + self.meanings + self.hnsw + self.gin


def sizes_of(index: IndexVersion) -> Sizes:
    """Counted now: rows by an index, bytes by the file system."""
    mine = ChunkEmbedding.objects.filter(index_version=index).count()
    share = mine / max(1, ChunkEmbedding.objects.count())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_table_size('documents_chunkembedding'), pg_table_size('documents_chunklexemes'),
                pg_table_size('documents_chunk'), pg_table_size('documents_chunkmeanings'),
                pg_relation_size(to_regclass(%s)), pg_relation_size(to_regclass(%s))
            """,
            [f"dense_{index.pk:d}", f"lexical_{index.pk:d}"],
        )
        vectors, lexemes, passages, meanings, hnsw, gin = cursor.fetchone()
    return Sizes(
        chunks=mine,
        vectors=round(vectors * share),
        lexemes=round(lexemes * share),
        passages=round(passages * share),
        meanings=round(meanings * share),
        hnsw=hnsw or 0,
        gin=gin or 0,
    )
