"""The fifth stage: passages become vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from documents.ingestion.types import Passage
from documents.models import ChunkEmbedding, IndexVersion
from ragapp.llm import embedding

_ROWS_PER_QUERY = 5000


def embed(passages: Sequence[Passage], *, index: IndexVersion) -> NDArray[np.float32]:
    """One row per passage, shape (n, dimensions); a passage that is in `index` already keeps its vector."""
    known = _known([passage.content_hash for passage in passages], index)
    fresh = {p.content_hash: p.with_context for p in passages if p.content_hash not in known}
    vectors = embedding.embed_passages(list(fresh.values()))
    known.update(zip(fresh, vectors, strict=True))
    if not passages:
        return np.zeros((0, index.dimensions), dtype=np.float32)
    return np.stack([known[passage.content_hash] for passage in passages])


def _known(hashes: Sequence[str], index: IndexVersion) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    for at in range(0, len(hashes), _ROWS_PER_QUERY):
        rows = ChunkEmbedding.objects.filter(
            index_version=index, chunk__content_hash__in=hashes[at : at + _ROWS_PER_QUERY]
        ).values_list("chunk__content_hash", "embedding")
        found.update((hashed, np.asarray(vector, dtype=np.float32)) for hashed, vector in rows)
    return found
