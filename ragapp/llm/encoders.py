"""Embedding models that run on this machine, behind one protocol."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragapp.llm.errors import EmbeddingModelChanged, EmbeddingModelError, EmbeddingModelMissing
from ragapp.llm.model_files import Export, Source, exported, kept_export, locate, verify

log = logging.getLogger(__name__)

Vector = NDArray[np.float32]
# A text of a passage's length, to see which precision is faster here; and how close the vectors must stay.
_SAMPLE = "The travel expense policy covers trains, hotels and meals of employees. " * 12
BFLOAT16_CLOSE_ENOUGH = 0.99
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


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
    """A loaded model; safe to call from several threads. The prefixes are what the model itself asks for."""

    query_prefix: str
    passage_prefix: str
    tokenizer: Any  # tokenizers.Tokenizer, not truncating
    is_local: bool

    @property
    def card(self) -> EmbeddingModel:
        """What it is. Raises EmbeddingModelError where that has to be asked for."""

    def vector(self, text: str) -> Vector:
        """A question's: shape (card.dimensions,), of length 1."""

    def vectors(self, texts: Sequence[str]) -> Vector:
        """Passages', in order: shape (n, card.dimensions), each of length 1."""


def find_local(name: str, cache: Path, *, revision: str = "") -> Source | Export:
    """The model called `name`, in `revision` when that is given (as EmbeddingModel names it).

    Of a model that was removed or trained again since, the export under `cache`, which holds all it needs to be served.
    Raises EmbeddingModelError.
    """
    wanted = revision.rpartition("-")[0]
    try:
        source = locate(name)
        if wanted and source.revision != wanted:
            raise EmbeddingModelChanged(
                f"The model {name} on this machine is revision {source.revision}; the vectors were made with {wanted}.",
                "Put the earlier files back, or build an index with the new ones.",
            )
    except (EmbeddingModelMissing, EmbeddingModelChanged):
        if wanted and (kept := kept_export(name, wanted, cache)):
            return kept
        raise
    return source


def load_local(name: str, cache: Path, *, revision: str = "") -> Encoder:
    """The encoder of what `find_local` finds; exported first when it never was. Raises EmbeddingModelError."""
    found = find_local(name, cache, revision=revision)
    if isinstance(found, Export):
        return OnnxEncoder(found)
    try:
        return OnnxEncoder(exported(found, cache))
    except EmbeddingModelMissing:
        raise
    except EmbeddingModelError as error:
        verify(found)
        # Slower and heavier, yet every question can still be answered.
        log.warning("embedding.served_by_torch", extra={"model": name, "reason": error.message})
        return TorchEncoder(found)


class OnnxEncoder:
    """Serves an export. One thread per call: callers bring the parallelism, and a fork finds no threads to lose."""

    is_local = True

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
        ids = np.array([self._cutting.encode(readable(text)).ids], dtype=np.int64)
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        vector: Vector = vectors[0]
        return vector

    def vectors(self, texts: Sequence[str]) -> Vector:
        """One at a time: with eight-bit weights a text's vector would depend on its neighbours in a batch."""
        return np.stack([self.vector(text) for text in texts])


class TorchEncoder:
    """Serves a model through sentence-transformers itself, for when it cannot be exported.

    In bfloat16 where the processor computes it and a try at the start is faster that way.
    """

    is_local = True

    def __init__(self, source: Source) -> None:
        from sentence_transformers import SentenceTransformer
        from tokenizers import Tokenizer

        self._one_at_a_time = threading.Lock()  # its tokenizer changes while it is used
        self._model: Any = SentenceTransformer(str(source.folder), device="cpu", local_files_only=True)
        self.tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.query_prefix = self._model.prompts.get("query") or ""
        self.passage_prefix = self._model.prompts.get("document") or self._model.prompts.get("passage") or ""
        precision = "bfloat16" if processor_has_bfloat16() and self._is_better_in_bfloat16() else "torch"
        self.card = EmbeddingModel(
            name=source.name,
            revision=f"{source.revision}-{precision}",
            dimensions=self._model.get_embedding_dimension() or 0,
            max_tokens=(self._model.max_seq_length or 512) - self.tokenizer.num_special_tokens_to_add(False),
        )

    def vector(self, text: str) -> Vector:
        """Shape (dimensions,), of length 1."""
        with self._one_at_a_time:
            # Normalised here: in bfloat16 the length would be off by a third of a percent.
            vector = np.asarray(
                self._model.encode(readable(text), show_progress_bar=False, convert_to_tensor=True).float(),
                dtype=np.float32,
            )
        row: Vector = unit(vector[np.newaxis])[0]
        return row

    def vectors(self, texts: Sequence[str]) -> Vector:
        """Each by itself, as `vector`."""
        return np.stack([self.vector(text) for text in texts])

    def _is_better_in_bfloat16(self) -> bool:
        """Faster by a tenth with vectors that stay close; the model is left in the better precision."""
        full, full_s = self._tried()
        self._model.bfloat16()
        half, half_s = self._tried()
        if half_s < 0.9 * full_s and float(full @ half) >= BFLOAT16_CLOSE_ENOUGH:
            return True
        self._model.float()
        return False

    def _tried(self) -> tuple[Vector, float]:
        vector, fastest = self.vector(_SAMPLE), float("inf")
        for _ in range(3):
            started = time.perf_counter()
            self.vector(_SAMPLE)
            fastest = min(fastest, time.perf_counter() - started)
        return vector, fastest


def processor_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Does this processor multiply bfloat16? Elsewhere it is emulated, a hundred times slower."""
    try:
        flags = next((line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), "")
    except OSError:
        return False
    return any(flag in flags.split() for flag in _BFLOAT16_FLAGS)


def unit(vectors: Vector) -> Vector:
    """The rows scaled to length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vector = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def readable(text: str) -> str:
    """Half a surrogate pair, as some files hold, becomes "?": a tokenizer takes only valid Unicode."""
    return text.encode("utf-8", "replace").decode("utf-8")
