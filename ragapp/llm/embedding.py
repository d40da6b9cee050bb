"""Texts to vectors, by the embedder that is asked for: a model on this machine, offline, or an endpoint's.

A local model is exported to ONNX once and served by onnxruntime, each text by itself. Batches were not faster on two
cores, and with eight-bit weights a text's vector would depend on its neighbours (cosine .99); alone it is the same
every time.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ragapp.llm.encoders import EmbeddingModel, Encoder, Vector, find_local, load_local, readable, unit
from ragapp.llm.errors import EmbeddingEndpointError, EmbeddingModelError
from ragapp.llm.model_files import PACKAGED_NAME
from ragapp.llm.word_pieces import WordPieces

QUERY_CACHE = 2048  # vectors, 3 MB at 384 dimensions
SENTENCE_CACHE = 16_384  # vectors, 25 MB
BULK_THREADS = min(4, len(os.sched_getaffinity(0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedder:
    """Who makes vectors, as an index version keeps it. `endpoint` names an entry of the settings: no address, no key.

    `dimensions`: how many are kept, the vector scaled to length 1 again; 0 for all that the model gives.
    """

    model: str
    provider: Literal["local", "endpoint"] = "local"
    endpoint: str = ""
    revision: str = ""  # "": whichever is here
    query_prefix: str = ""
    passage_prefix: str = ""
    dimensions: int = 0

    @property
    def described(self) -> str:
        """For a person: model, where it runs, and how many dimensions when not all."""
        where = f" at {self.endpoint}" if self.provider == "endpoint" else ""
        kept = f", {self.dimensions} dimensions" if self.dimensions else ""
        return f"{self.model}{where}{kept}"


# Compares sentences and counts word pieces wherever no index version is concerned: what was fitted with it stays true
# whatever the site's indexes are made with.
PACKAGED = Embedder(model=PACKAGED_NAME)


def configured() -> Embedder:
    """The embedder of the settings, which the next index version is made with; its files are not looked at."""
    return Embedder(
        model=settings.EMBEDDING_MODEL,
        provider="endpoint" if settings.EMBEDDING_ENDPOINT else "local",
        endpoint=settings.EMBEDDING_ENDPOINT,
        query_prefix=settings.EMBEDDING_QUERY_PREFIX,
        passage_prefix=settings.EMBEDDING_PASSAGE_PREFIX,
        dimensions=settings.EMBEDDING_DIMENSIONS,
    )


def settled(embedder: Embedder) -> Embedder:
    """`embedder` with everything that decides about its vectors: revision, prefixes, dimensions. Loads or asks it.

    Raises EmbeddingModelError, also when more dimensions are to be kept than there are.
    """
    encoder = _encoder(embedder)
    card = model_card(embedder)
    return replace(
        embedder,
        revision=card.revision,
        query_prefix=embedder.query_prefix or encoder.query_prefix,
        passage_prefix=embedder.passage_prefix or encoder.passage_prefix,
        dimensions=card.dimensions,
    )


def embed_passages(texts: Sequence[str], embedder: Embedder = PACKAGED, *, threads: int = BULK_THREADS) -> Vector:
    """One row per text, of length 1: shape (n, dimensions). A row does not depend on the other texts."""
    encoder = _encoder(embedder)
    prefixed = [embedder.passage_prefix + text for text in texts]
    if not prefixed:
        return np.zeros((0, model_card(embedder).dimensions), dtype=np.float32)
    if not encoder.is_local or threads < 2 or len(prefixed) < 2:
        return _kept(encoder.vectors(prefixed), embedder)
    with ThreadPoolExecutor(threads, thread_name_prefix="embed") as pool:
        return _kept(np.stack(list(pool.map(encoder.vector, prefixed))), embedder)


def embed_query(text: str, embedder: Embedder = PACKAGED) -> Vector:
    """The vector of a question, of length 1 and read-only: shape (dimensions,). Cached per process."""
    return _query_vector(embedder, text)


def embed_sentences(
    texts: Sequence[str], *, kept: Callable[[Sequence[str]], Mapping[str, Vector]] | None = None
) -> Vector:
    """By PACKAGED, for sentences that are met again and again: shape (n, dimensions), of length 1.

    Components are those that eight bits hold, wherever a vector comes from: this process's cache; `kept`, which is
    asked for all that are not there; else it is computed.
    """
    found = {text: vector for text in texts if (vector := _sentences.get(text)) is not None}
    missing = list(dict.fromkeys(text for text in texts if text not in found))
    if missing and kept is not None:
        met = kept(missing)
        missing = [text for text in missing if text not in met]
        found |= met
        _remember(met)
    if missing:
        made = rounded(embed_passages(missing))
        fresh = dict(zip(missing, made, strict=True))
        found |= fresh
        _remember(fresh)
    return np.stack([found[text] for text in texts])


def rounded(vectors: Vector) -> Vector:
    """The rows as eight bits hold them."""
    return from_eight_bits(*in_eight_bits(vectors))


def in_eight_bits(vectors: Vector) -> tuple[Vector, NDArray[np.int8]]:
    """The scale of each row, shape (n,), and its components, shape (n, dimensions)."""
    scales = (np.abs(vectors).max(axis=1) / 127).astype(np.float32)
    components = np.rint(vectors / np.where(scales > 0, scales, 1)[:, np.newaxis]).astype(np.int8)
    return scales, components


def from_eight_bits(scales: Vector, components: NDArray[np.int8]) -> Vector:
    """The rows again, of length 1 and read-only."""
    vectors = unit(components.astype(np.float32) * scales[:, np.newaxis])
    vectors.flags.writeable = False
    return vectors


def model_card(embedder: Embedder = PACKAGED) -> EmbeddingModel:
    """What `embedder` is; `dimensions` are those kept. Loads it; raises EmbeddingModelError with a hint."""
    card = _encoder(embedder).card
    if embedder.dimensions > card.dimensions:
        raise EmbeddingModelError(
            f"{card.name} gives {card.dimensions} dimensions; {embedder.dimensions} cannot be kept.",
            "Set RAGAPP_EMBEDDING_DIMENSIONS to fewer, or to 0 for all.",
        )
    return replace(card, dimensions=embedder.dimensions or card.dimensions)


def token_spans(text: str, embedder: Embedder = PACKAGED) -> list[tuple[int, int]]:
    """The character span of each word piece of `text`, in order, special tokens left out; never truncated. An
    endpoint's are estimated."""
    return _word_pieces(_encoder(embedder).tokenizer).spans(readable(text))


@lru_cache(maxsize=4)
def _word_pieces(tokenizer: Any) -> WordPieces:
    return WordPieces(tokenizer)


def warm_up(embedder: Embedder = PACKAGED) -> EmbeddingModel:
    """Load the model and embed once, so that the next call is fast. The first time on a machine it is exported."""
    embed_query("warm up", embedder)
    return model_card(embedder)


def probe(embedder: Embedder) -> None:
    """Can it be asked now? Looks for the files of a local model, asks an endpoint. Raises EmbeddingModelError."""
    if embedder.provider == "local":
        find_local(embedder.model, settings.MODELS_DIR, revision=embedder.revision)
    else:
        _encoder(embedder).vector("probe")


def cut(vectors: Vector, dimensions: int) -> Vector:
    """The first `dimensions` of each row, scaled to length 1 again."""
    return unit(vectors[:, :dimensions]) if dimensions < vectors.shape[1] else vectors


def _kept(vectors: Vector, embedder: Embedder) -> Vector:
    if vectors.shape[1] < embedder.dimensions:
        raise EmbeddingModelError(
            f"{embedder.model} gives {vectors.shape[1]} dimensions now; {embedder.dimensions} were kept before.",
            "Put the earlier model back, or build an index with this one.",
        )
    return cut(vectors, embedder.dimensions or vectors.shape[1])


@lru_cache(maxsize=QUERY_CACHE)
def _query_vector(embedder: Embedder, text: str) -> Vector:
    vector: Vector = _kept(_encoder(embedder).vector(embedder.query_prefix + text)[np.newaxis], embedder)[0]
    vector.flags.writeable = False
    return vector


_sentences: dict[str, Vector] = {}
_remembering = threading.Lock()


def _remember(vectors: Mapping[str, Vector]) -> None:
    """Keeps them for this process; the oldest go first."""
    with _remembering:
        _sentences.update(vectors)
        while len(_sentences) > SENTENCE_CACHE:
            del _sentences[next(iter(_sentences))]


_loaded: dict[tuple[str, str, str, str], Encoder] = {}
_loading = threading.Lock()


def _encoder(embedder: Embedder) -> Encoder:
    """The encoder that `embedder` names, loaded once per process."""
    address = settings.EMBEDDING_ENDPOINTS.get(embedder.endpoint, "")
    at = (embedder.provider, address, embedder.model, embedder.revision)
    if found := _loaded.get(at):
        return found
    with _loading:
        if at not in _loaded:
            encoder = _load(embedder)
            # The same files under "whichever is here" and under their revision are one model in memory.
            same = (*at[:3], encoder.card.revision if encoder.is_local else "")
            _loaded[at] = _loaded.setdefault(same, encoder)
        return _loaded[at]


def _load(embedder: Embedder) -> Encoder:
    if embedder.provider == "local":
        return load_local(embedder.model, settings.MODELS_DIR, revision=embedder.revision)
    if embedder.endpoint not in settings.EMBEDDING_ENDPOINTS:
        raise EmbeddingEndpointError(
            f"RAGAPP_EMBEDDING_ENDPOINTS has no entry {embedder.endpoint!r}.",
            f"Add {embedder.endpoint}=ADDRESS, or switch to an index that does not need it.",
        )
    # Imported only here: `openai` takes a second.
    from ragapp.llm.embedding_endpoint import Endpoint, EndpointEncoder

    return EndpointEncoder(
        Endpoint(
            name=embedder.endpoint,
            base_url=settings.EMBEDDING_ENDPOINTS[embedder.endpoint],
            api_key=settings.EMBEDDING_KEYS.get(embedder.endpoint, ""),
            timeout_s=settings.EMBEDDING_TIMEOUT_S,
            max_tokens=settings.EMBEDDING_MAX_TOKENS,
        ),
        embedder.model,
        tokenizer=load_local(PACKAGED_NAME, settings.MODELS_DIR).tokenizer,
    )
