"""Vectors from a server that speaks OpenAI's embeddings protocol. Importing this module imports `openai`: a second."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx2
import numpy as np
import openai

from ragapp.llm.encoders import EmbeddingModel, Vector, readable, unit
from ragapp.llm.errors import EmbeddingEndpointError, LLMError, NotConfigured
from ragapp.llm.translation import translate

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
# Somebody waits for a question's vector; without it the words alone decide.
QUESTION_TIMEOUT_S = 10.0
TEXTS_PER_REQUEST = 64
ATTEMPTS = 4
LONGEST_PAUSE_S = 30.0
PROBE = "How long is parental leave?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An entry of the settings. The key stays out of its text form."""

    name: str
    base_url: str
    api_key: str
    timeout_s: float
    max_tokens: int

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r})"


class EndpointEncoder:
    """A model behind an endpoint. `tokenizer` is only a measure of length: the server's own is not known."""

    is_local = False
    query_prefix = passage_prefix = ""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        tokenizer: Any,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.tokenizer = tokenizer
        self._endpoint, self._model, self._sleep = endpoint, model, sleep
        self._dimensions = 0

    @cached_property
    def card(self) -> EmbeddingModel:
        """Asks the server once, since only its vectors say how long they are. Raises EmbeddingEndpointError."""
        dimensions = self._dimensions or self.vectors([PROBE]).shape[1]
        return EmbeddingModel(
            name=self._model, revision="", dimensions=dimensions, max_tokens=self._endpoint.max_tokens
        )

    def vector(self, text: str) -> Vector:
        """Shape (dimensions,), of length 1; one attempt."""
        timeout_s = min(self._endpoint.timeout_s, QUESTION_TIMEOUT_S)
        vector: Vector = self._asked([self._cut(text)], timeout_s=timeout_s, attempts=1)[0]
        return vector

    def vectors(self, texts: Sequence[str]) -> Vector:
        """Shape (n, dimensions), each row of length 1; what may pass is tried again. Raises EmbeddingEndpointError."""
        parts = [
            self._asked(
                [self._cut(text) for text in texts[at : at + TEXTS_PER_REQUEST]],
                timeout_s=self._endpoint.timeout_s,
                attempts=ATTEMPTS,
            )
            for at in range(0, len(texts), TEXTS_PER_REQUEST)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._dimensions), dtype=np.float32)

    def _asked(self, texts: list[str], *, timeout_s: float, attempts: int) -> Vector:
        for attempt in range(1, attempts + 1):
            try:
                return self._read(self._request(texts, timeout_s), len(texts))
            except LLMError as error:
                if not error.retryable or attempt == attempts:
                    raise EmbeddingEndpointError(f"{self._where} did not embed: {error}") from error
                pause_s = error.retry_after_s if error.retry_after_s is not None else 0.5 * 2.0**attempt
                log.warning("embedding.again", extra={"endpoint": self._endpoint.name, "attempt": attempt})
                self._sleep(min(pause_s, LONGEST_PAUSE_S))
        raise AssertionError("the last attempt returns or raises")

    def _request(self, texts: list[str], timeout_s: float) -> object:
        try:
            timeout = openai.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
            reply = self._client.embeddings.create(
                model=self._model, input=texts, encoding_format="float", timeout=timeout
            )
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            raise translate(error, during="opening") from error
        return reply

    def _read(self, reply: object, count: int) -> Vector:
        """The vectors in the order of the texts. The client builds its objects from any JSON without checking."""
        try:
            rows: dict[int, Any] = {item.index: item.embedding for item in reply.data}  # type: ignore[attr-defined]
            ordered = [rows[at] for at in range(count)]
            vectors = np.asarray(ordered, dtype=np.float32)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise EmbeddingEndpointError(
                f"{self._where} sent something that is no list of {count} vectors.",
                f"Check that {self._model} is an embedding model there.",
            ) from error
        if vectors.ndim != 2 or len(rows) != count or not np.isfinite(vectors).all():
            raise EmbeddingEndpointError(f"{self._where} sent vectors that cannot be used.")
        if self._dimensions and vectors.shape[1] != self._dimensions:
            raise EmbeddingEndpointError(
                f"{self._where} sends {vectors.shape[1]} dimensions now, and sent {self._dimensions} before.",
                "Another model answers under that name: put the earlier one back, or build an index with the new one.",
            )
        self._dimensions = int(vectors.shape[1])
        return unit(vectors)

    def _cut(self, text: str) -> str:
        text = readable(text) or " "  # some servers refuse an empty one
        offsets = self.tokenizer.encode(text, add_special_tokens=False).offsets
        most = self._endpoint.max_tokens
        return text if len(offsets) <= most else text[: offsets[most - 1][1]]

    @property
    def _where(self) -> str:
        return f"The embeddings endpoint {self._endpoint.name!r}"

    @cached_property
    def _client(self) -> openai.OpenAI:
        if not self._endpoint.base_url:
            raise NotConfigured(f"RAGAPP_EMBEDDING_ENDPOINTS has no entry {self._endpoint.name!r}")
        return openai.OpenAI(base_url=self._endpoint.base_url, api_key=self._endpoint.api_key or "none", max_retries=0)
