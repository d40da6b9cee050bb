"""The fifth stage: passages become vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from documents.ingestion.types import Passage
from documents.models import ChunkEmbedding, IndexVersion
from ragapp.llm import embedding

_ROWS_PER_QUERY = 5000


def embed(
    passages: Sequence[Passage], *, index: IndexVersion, threads: int = embedding.BULK_THREADS
) -> NDArray[np.float32]:
    """One row per passage, shape (n, dimensions).

    A passage that some index version holds already, in whatever document, keeps the vector that it has there, as long
    as the same embedder made it; of one that keeps more dimensions, the first ones are taken.
    """
    known = _known([passage.content_hash for passage in passages], index)
    fresh = {p.content_hash: p.with_context for p in passages if p.content_hash not in known}
    vectors = embedding.embed_passages(list(fresh.values()), index.embedder, threads=threads)
    known.update(zip(fresh, vectors, strict=True))
    if not passages:
        return np.zeros((0, index.dimensions), dtype=np.float32)
    return np.stack([known[passage.content_hash] for passage in passages])


def _known(hashes: Sequence[str], index: IndexVersion) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    alike = list(_made_alike(index).values_list("pk", flat=True))
    for at in range(0, len(hashes), _ROWS_PER_QUERY):
        rows = ChunkEmbedding.objects.filter(
            index_version__in=alike, chunk__content_hash__in=hashes[at : at + _ROWS_PER_QUERY]
        ).values_list("chunk__content_hash", "embedding")
        for hashed, vector in rows:
            row = np.asarray(vector, dtype=np.float32)[np.newaxis]
            found[hashed] = embedding.cut(row, index.dimensions)[0]
    return found


def _made_alike(index: IndexVersion) -> QuerySet[IndexVersion]:
    """The index versions whose vectors are those of `index`, or longer ones of the same model."""
    return IndexVersion.objects.filter(
        embedding_provider=index.embedding_provider,
        embedding_endpoint=index.embedding_endpoint,
        embedding_model=index.embedding_model,
        embedding_revision=index.embedding_revision,
        passage_prefix=index.passage_prefix,
        dimensions__gte=index.dimensions,
    )
