"""A cross-encoder that reads question and passage together, for as many passages as fit a budget of time.

Off until RAGAPP_RERANKER_MODEL names a model on this machine: a folder, or what was fetched for sentence-transformers'
CrossEncoder before. Nothing is downloaded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

logger = logging.getLogger(__name__)

# Passages scored at once: small, so that the budget is looked at often.
BATCH = 4
# A passage that is longer than the model reads is seen in windows that share so many tokens.
OVERLAP = 32
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Reranker:
    """A loaded model with its tokenizer."""

    model: Any
    tokenizer: Any
    max_tokens: int

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One score for each passage, that of its best window: the higher, the better it answers."""
        import torch

        encoded = self.tokenizer(
            [question] * len(passages),
            list(passages),
            truncation="only_second",
            max_length=self.max_tokens,
            stride=min(OVERLAP, self.max_tokens // 4),
            return_overflowing_tokens=True,
            padding=True,
            return_tensors="pt",
        )
        owners = encoded.pop("overflow_to_sample_mapping").tolist()
        with torch.inference_mode():
            logits = self.model(**encoded).logits
        best = [float("-inf")] * len(passages)
        for owner, score in zip(owners, logits[:, 0].tolist(), strict=True):
            best[owner] = max(best[owner], score)
        return best


def load(name: str) -> Reranker | None:
    """The model, loaded once; None when there is no name, or it cannot be loaded, which is logged once."""
    if not name:
        return None
    with _loading:
        return _loaded(name)


def within_budget(
    reranker: Reranker, question: str, passages: Sequence[str], *, budget_ms: float, clock_s: Callable[[], float]
) -> list[float]:
    """Scores of the first passages, as many as fit; the first batch always is scored.

    Another begins only when it would end in time, were it as slow as the slowest so far.
    """
    started, slowest = clock_s(), 0.0
    found: list[float] = []
    for at in range(0, len(passages), BATCH):
        before = clock_s()
        if found and (before - started + slowest) * 1000 > budget_ms:
            break
        found += reranker.scores(question, passages[at : at + BATCH])
        slowest = max(slowest, clock_s() - before)
    return found


@lru_cache(maxsize=2)
def _loaded(name: str) -> Reranker | None:
    # Imported only here: they take seconds, and most sites have no reranker.
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(name, local_files_only=True).eval()
    except (OSError, ValueError) as error:
        logger.error("rerank.no_model", extra={"model": name, "reason": type(error).__name__})
        return None
    positions = getattr(model.config, "max_position_embeddings", 512)
    return Reranker(model, tokenizer, max_tokens=min(tokenizer.model_max_length, positions))
