"""Reranking: the whole passage is seen, and the time is kept. The model is a tiny one with drawn weights."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ragapp.llm import rerank

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "pump", "seal", "hour", "hotel", "night", "leave", "day", "the"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cross-encoder that reads 32 tokens."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    made: Path = tmp_path_factory.mktemp("cross-encoder")
    (made / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(vocab_file=str(made / "vocab.txt"), model_max_length=32).save_pretrained(made)
    torch.manual_seed(3)
    sizes: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(
        vocab_size=len(WORDS), intermediate_size=32, max_position_embeddings=32, num_labels=1, **sizes,
        initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(made)
    return str(made)


def test_a_passage_is_seen_to_its_end_and_alone(folder: str) -> None:
    reranker = rerank.load(folder)
    assert reranker is not None
    long = "the " * 60
    plain, other, short = reranker.scores("pump", [long, f"{long} hotel night leave day seal hour", "the pump"])

    assert plain != other
    # A passage's score does not depend on those beside it.
    assert reranker.scores("pump", ["the pump"]) == [pytest.approx(short, abs=1e-5)]


def test_as_many_passages_are_scored_as_fit_the_budget(folder: str) -> None:
    reranker = rerank.load(folder)
    assert reranker is not None
    passages = [f"the pump {word}" for word in ["seal", "hour", "day"] * 8]
    # Every look at this clock takes 10 ms.
    ticks = count()

    def clock_s() -> float:
        return next(ticks) / 100

    assert len(rerank.within_budget(reranker, "pump", passages, budget_ms=0, clock_s=clock_s)) == rerank.BATCH
    assert len(rerank.within_budget(reranker, "pump", passages, budget_ms=60, clock_s=clock_s)) == 3 * rerank.BATCH
    assert len(rerank.within_budget(reranker, "pump", passages, budget_ms=10_000, clock_s=clock_s)) == 24


def test_without_a_model_there_is_no_reranking(tmp_path: Path) -> None:
    assert rerank.load("") is None
    assert rerank.load(str(tmp_path / "nothing")) is None
