"""The vectors of the sentences of passages, made before anybody asks: computing them would be most of a short answer.

Each component has eight bits, and a vector one scale: its cosine with another is off by less than a thousandth. A
vector is found by the hash of its words, so that what was cut otherwise since is only not found, and is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np

from documents.retrieval.pieces import CUTTING, pieces
from ragapp.lib import prepared
from ragapp.llm import embedding
from ragapp.llm.encoders import Vector

HASH_BYTES, SCALE_BYTES = 8, 4
_READ = """
    SELECT hashes, vectors FROM documents_chunkmeanings WHERE chunk_id = ANY(%s::bigint[]) AND made_by = %s::text
"""


@cache
def maker() -> str:
    """What made a vector; those of other makers are no use."""
    card = embedding.model_card()
    return f"{card.name} {card.revision} {CUTTING}"[:200]


def hashes_of(texts: Sequence[str]) -> bytes:
    """The hashes of `texts`, one after the other, as a row keeps them."""
    return b"".join(map(_hash, texts))


def written(vectors: Vector) -> bytes:
    """Vectors of shape (n, d) as a row keeps them: the scales, then the components."""
    scales, components = embedding.in_eight_bits(vectors)
    return scales.tobytes() + components.tobytes()


def read(texts: Sequence[str], chunk_ids: Iterable[int]) -> dict[str, Vector]:
    """The vectors of those of `texts` that are kept with one of these passages, each of shape (d,)."""
    wanted = {_hash(text): text for text in texts}
    found: dict[str, Vector] = {}
    for hashes, vectors in prepared.rows(_READ, [prepared.numbers(chunk_ids), maker()]):
        hashes = bytes(hashes)
        count = len(hashes) // HASH_BYTES
        for place in range(count):
            text = wanted.pop(hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES], None)
            if text is not None:
                found[text] = _vector(bytes(vectors), place, count)
        if not wanted:
            break
    return found


def texts_of(text: str, *, title: str, heading_path: str) -> list[str]:
    """What vectors are made of for a passage, each once."""
    cut = pieces(text, title=title, heading_path=heading_path)
    return list(dict.fromkeys(piece.embedded(title=title, heading_path=heading_path) for piece in cut))


def _vector(vectors: bytes, place: int, count: int) -> Vector:
    scale = np.frombuffer(vectors, np.float32, 1, place * SCALE_BYTES)
    dimensions = len(vectors) // count - SCALE_BYTES
    components = np.frombuffer(vectors, np.int8, dimensions, count * SCALE_BYTES + place * dimensions)
    vector: Vector = embedding.from_eight_bits(scale, components[np.newaxis])[0]
    return vector


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=HASH_BYTES).digest()
