"""Makes the vectors of the sentences of passages that have none yet, in the background, once documents answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Q

from documents.models import Chunk, ChunkMeanings, IngestionRun
from documents.retrieval import meanings
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

SLICE_S, BATCH = 10.0, 16
# Any constant of our own: one process at a time.
_LOCK = 7_301_447


def make(*, slice_s: float = SLICE_S) -> bool:
    """Work for about `slice_s` seconds; True when some are left. Waits while documents are read in.

    Safe to call at any time, by anyone, twice: passages without vectors are the work that is left.
    """
    until = time.monotonic() + slice_s
    if IngestionRun.objects.filter(state__in=(IngestionRun.State.QUEUED, IngestionRun.State.RUNNING)).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
    try:
        while batch := _waiting():
            _store(batch)
            if time.monotonic() > until:
                return True
        return False
    except EmbeddingModelError:
        return False  # questions go on by themselves, and beat asks again
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _waiting() -> list[Chunk]:
    """Passages without vectors, or with those of another maker, the oldest first."""
    maker = meanings.maker()
    # Two ranges of an index, where "another than" would read it whole.
    others = ChunkMeanings.objects.filter(Q(made_by__lt=maker) | Q(made_by__gt=maker))
    ids = list(others.order_by("made_by", "pk").values_list("pk", flat=True)[:BATCH])
    return list(
        Chunk.objects.filter(pk__in=ids)
        .select_related("document")
        .only("text", "heading_path", "content_hash", "document__title")
    )


def _store(chunks: Sequence[Chunk]) -> None:
    known = _known(chunk.content_hash for chunk in chunks)
    made = []
    for chunk in chunks:
        texts = meanings.texts_of(chunk.text, title=chunk.document.title, heading_path=chunk.heading_path)
        hashes = meanings.hashes_of(texts)
        vectors = known.get(hashes)
        if vectors is None:
            # One thread, at the lowest priority: whoever waits for an answer goes first.
            vectors = meanings.written(embedding.embed_passages(texts, threads=1)) if texts else b""
        made.append(ChunkMeanings(pk=chunk.pk, made_by=meanings.maker(), hashes=hashes, vectors=vectors))
    # An update, so that a passage which went meanwhile gets no row again.
    ChunkMeanings.objects.bulk_update(made, ["made_by", "hashes", "vectors"])


def _known(content_hashes: Iterable[str]) -> dict[bytes, bytes]:
    """What other passages of the same words have, as in another index version, by the hashes of their sentences."""
    rows = ChunkMeanings.objects.filter(made_by=meanings.maker(), chunk__content_hash__in=set(content_hashes))
    return {bytes(hashes): bytes(vectors) for hashes, vectors in rows.values_list("hashes", "vectors")}
