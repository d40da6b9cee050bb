"""Texts to vectors, on this machine and offline: the model is exported to ONNX once and served by onnxruntime.

Each text is computed by itself. Batches were not faster on two cores, and with eight-bit weights a text's vector
would depend on its neighbours (cosine .99); alone it is the same every time.
"""

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ragapp.llm.errors import EmbeddingModelError, EmbeddingModelMissing
from ragapp.llm.model_files import Export, Source, exported, locate, verify

log = logging.getLogger(__name__)

Vector = NDArray[np.float32]
QUERY_CACHE = 2048  # vectors, 3 MB at 384 dimensions
BULK_THREADS = min(4, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingModel:
    """What made a vector; vectors compare only when name and revision are equal.

    `max_tokens`: word pieces of a text that count, special tokens not included; what follows is ignored.
    """

    name: str
    revision: str
    dimensions: int
    max_tokens: int


class Encoder(Protocol):
    """A loaded model; safe to call from several threads."""

    card: EmbeddingModel
    query_prefix: str
    passage_prefix: str
    tokenizer: Any  # tokenizers.Tokenizer, not truncating

    def vector(self, text: str) -> Vector: ...


def embed_passages(texts: Sequence[str]) -> Vector:
    """One row per text, of length 1: shape (n, dimensions). A row does not depend on the other texts."""
    encoder = _encoder()
    rows = np.zeros((len(texts), encoder.card.dimensions), dtype=np.float32)
    if len(texts) < 2 or BULK_THREADS < 2:
        for row, text in enumerate(texts):
            rows[row] = encoder.vector(encoder.passage_prefix + text)
        return rows
    with ThreadPoolExecutor(BULK_THREADS, thread_name_prefix="embed") as pool:
        for row, vector in enumerate(pool.map(lambda text: encoder.vector(encoder.passage_prefix + text), texts)):
            rows[row] = vector
    return rows


def embed_query(text: str) -> Vector:
    """The vector of a question, of length 1 and read-only: shape (dimensions,). Cached per process."""
    return _query_vector(settings.EMBEDDING_MODEL, text)


def model_card() -> EmbeddingModel:
    """The configured model. Loads it; raises EmbeddingModelError with a hint when that fails."""
    return _encoder().card


def count_tokens(text: str) -> int:
    """How many word pieces `text` has, special tokens not included; never truncated."""
    return len(token_spans(text))


def token_spans(text: str) -> list[tuple[int, int]]:
    """The character span of each word piece of `text`, in order; never truncated."""
    return list(_encoder().tokenizer.encode(_readable(text), add_special_tokens=False).offsets)


def warm_up() -> EmbeddingModel:
    """Load the model and embed once, so that the next call is fast. The first time on a machine it is exported."""
    embed_query("warm up")
    return model_card()


@lru_cache(maxsize=QUERY_CACHE)
def _query_vector(name: str, text: str) -> Vector:
    encoder = _encoder(name)
    vector = encoder.vector(encoder.query_prefix + text)
    vector.flags.writeable = False
    return vector


_loaded: dict[str, Encoder] = {}
_loading = threading.Lock()


def _encoder(name: str = "") -> Encoder:
    """The encoder called `name`, or the configured one."""
    name = name or settings.EMBEDDING_MODEL
    if found := _loaded.get(name):
        return found
    with _loading:
        if name not in _loaded:
            _loaded[name] = _load(name)
        return _loaded[name]


def _load(name: str) -> Encoder:
    source = locate(name)
    try:
        return OnnxEncoder(exported(source, settings.MODELS_DIR))
    except EmbeddingModelMissing:
        raise
    except EmbeddingModelError as error:
        verify(source)
        # Slower and heavier, yet every question can still be answered.
        log.warning("embedding.served_by_torch", extra={"model": name, "reason": error.message})
        return TorchEncoder(source)


class OnnxEncoder:
    """Serves an export. One thread per call: callers bring the parallelism, and a fork finds no threads to lose."""

    def __init__(self, export: Export) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # every text has a length of its own
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(export.onnx_file), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(export.tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._cutting = Tokenizer.from_file(str(export.tokenizer_file))
        self._cutting.enable_truncation(export.window)
        self._cutting.no_padding()
        self.query_prefix = export.query_prefix
        self.passage_prefix = export.passage_prefix
        self.card = EmbeddingModel(
            name=export.source.name,
            revision=f"{export.source.revision}-{export.precision}",
            dimensions=export.dimensions,
            max_tokens=export.window - self.tokenizer.num_special_tokens_to_add(False),
        )

    def vector(self, text: str) -> Vector:
        """Shape (dimensions,), of length 1."""
        ids = np.array([self._cutting.encode(_readable(text)).ids], dtype=np.int64)
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        vector: Vector = vectors[0]
        return vector


class TorchEncoder:
    """Serves a model through sentence-transformers itself, for when it cannot be exported."""

    def __init__(self, source: Source) -> None:
        from sentence_transformers import SentenceTransformer
        from tokenizers import Tokenizer

        self._model = SentenceTransformer(str(source.folder), device="cpu", local_files_only=True)
        self.tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.query_prefix = self._model.prompts.get("query") or ""
        self.passage_prefix = self._model.prompts.get("document") or self._model.prompts.get("passage") or ""
        self._one_at_a_time = threading.Lock()  # its tokenizer changes while it is used
        self.card = EmbeddingModel(
            name=source.name,
            revision=f"{source.revision}-torch",
            dimensions=self._model.get_embedding_dimension() or 0,
            max_tokens=(self._model.max_seq_length or 512) - self.tokenizer.num_special_tokens_to_add(False),
        )

    def vector(self, text: str) -> Vector:
        """Shape (dimensions,), of length 1."""
        with self._one_at_a_time:
            vector: Vector = self._model.encode(_readable(text), normalize_embeddings=True, show_progress_bar=False)
        return vector


def _readable(text: str) -> str:
    """Half a surrogate pair, as some files hold, becomes "?": a tokenizer takes only valid Unicode."""
    return text.encode("utf-8", "replace").decode("utf-8")
