"""How well an embedder knows each language of an index, measured on its passages."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from random import Random

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from documents.models import Chunk, IndexVersion
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError

logger = logging.getLogger(__name__)

# Fewer passages of a language tell nothing; more than these are not looked at, nor more questions asked.
FEWEST, PASSAGES, QUESTIONS = 60, 200, 60
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_FEWEST_LETTERS = 10


def measure_missing(index: IndexVersion) -> dict[str, float]:
    """Measures the languages of `index` that have enough passages and no figure yet; all its figures.

    Once per language: it says something about the embedder, which does not change. Needs statistics.
    """
    coverage: dict[str, float] = dict(index.coverage)
    try:
        for language, chunks in index.languages.items():
            if language not in coverage and chunks >= FEWEST:
                coverage[language] = round(_measured(index, language), 3)
    except EmbeddingModelError as error:
        logger.warning("coverage.no_model", extra={"index": index.pk, "reason": error.message})
    if coverage != index.coverage:
        index.coverage = coverage
        index.save(update_fields=["coverage"])
    return coverage


def _measured(index: IndexVersion, language: str) -> float:
    """The mean reciprocal rank at which half a sentence finds its passage among at most PASSAGES of its language."""
    chunks = Chunk.objects.filter(
        index_version=index, extraction__language=language, version=F("document__current_version")
    ).exclude(dense=None)
    # Spread over all by their content, and the same ones every time.
    rows = list(chunks.order_by("content_hash", "pk").values_list("text", "dense__embedding")[:PASSAGES])
    vectors = np.stack([np.asarray(vector, dtype=np.float32) for _, vector in rows])
    draw = Random(language)
    asked = [_part(text, draw) for text, _ in rows[:QUESTIONS]]
    return mean_reciprocal_rank(vectors, np.stack([embedding.embed_query(text, index.embedder) for text in asked]))


def mean_reciprocal_rank(passages: NDArray[np.float32], questions: NDArray[np.float32]) -> float:
    """Question n belongs to passage n, both by row: the mean of 1 / the place at which it is found."""
    cosines = questions @ passages.T
    own = np.diagonal(cosines)[:, np.newaxis]
    return float((1 / (1 + (cosines > own).sum(axis=1))).mean())


def _part(text: str, draw: Random) -> str:
    """Half of one of its sentences, about as long as a question."""
    sentences: Sequence[str] = [one for one in _SENTENCE.split(text) if len(one) >= _FEWEST_LETTERS] or [text]
    sentence = draw.choice(sentences)
    return sentence[: max(_FEWEST_LETTERS, len(sentence) // 2)]
