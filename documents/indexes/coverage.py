"""How well an embedder knows each language of an index, measured on its passages."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from documents.models import Chunk, IndexVersion
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

logger = logging.getLogger(__name__)

# Fewer passages of a language tell nothing; more than these are not looked at, nor more questions asked.
FEWEST, PASSAGES, QUESTIONS, FEWEST_QUESTIONS = 60, 200, 100, 20
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
# Half of a shorter one names too little to be found by, in any language.
_SHORTEST_SENTENCE = 60


def measure_missing(index: IndexVersion, *, before: Mapping[str, int]) -> dict[str, float]:
    """Measures the languages of `index` that have enough passages and no lasting figure yet; all its figures.

    A figure lasts once it was measured on as many passages as are looked at: it says something about the embedder,
    which does not change, but the first few documents of a site may be of one kind. Until then it is measured when
    their number is another one than `before`, by language, since that takes a second or two. Needs statistics.
    """
    coverage: dict[str, float] = dict(index.coverage)
    try:
        for language, chunks in index.languages.items():
            is_known = language in coverage and min(chunks, PASSAGES) == min(before.get(language, 0), PASSAGES)
            if chunks >= FEWEST and not is_known and (measured := _measured(index, language)) is not None:
                coverage[language] = round(measured, 3)
    except EmbeddingModelError as error:
        logger.warning("coverage.no_model", extra={"index": index.pk, "reason": error.message})
    if coverage != index.coverage:
        index.coverage = coverage
        index.save(update_fields=["coverage"])
    return coverage


def _measured(index: IndexVersion, language: str) -> float | None:
    """The mean reciprocal rank at which half a sentence finds its passage among at most PASSAGES of its language.

    None while too few passages have a sentence to ask with.
    """
    chunks = Chunk.objects.filter(
        index_version=index, extraction__language=language, version=F("document__current_version")
    ).exclude(dense=None)
    # Spread over all by their content, and the same ones every time.
    rows = list(chunks.order_by("content_hash", "pk").values_list("text", "dense__embedding")[:PASSAGES])
    vectors = np.stack([np.asarray(vector, dtype=np.float32) for _, vector in rows])
    draw = Random(language)
    parts = [(place, part) for place, (text, _) in enumerate(rows) if (part := _part(text, draw))][:QUESTIONS]
    if len(parts) < FEWEST_QUESTIONS:
        return None
    asked = np.stack([embedding.embed_query(part, index.embedder) for _, part in parts])
    return mean_reciprocal_rank(vectors, asked, own=[place for place, _ in parts])


def mean_reciprocal_rank(passages: NDArray[np.float32], questions: NDArray[np.float32], *, own: Sequence[int]) -> float:
    """Question n, by row, belongs to the passage of row own[n]: the mean of 1 / the place at which it is found."""
    cosines = questions @ passages.T
    found = cosines[np.arange(len(own)), list(own)][:, np.newaxis]
    return float((1 / (1 + (cosines > found).sum(axis=1))).mean())


def _part(text: str, draw: Random) -> str:
    """Half of one of its sentences, about as long as a question; "" without one that is long enough."""
    sentences = [one for one in _SENTENCE.split(text) if len(one) >= _SHORTEST_SENTENCE]
    if not sentences:
        return ""
    sentence = draw.choice(sentences)
    return sentence[: len(sentence) // 2]
