"""Vectors from an embeddings server: in order, of length one, and a plain sentence for each way it can fail."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ragapp.llm import embedding
from ragapp.llm.embedding_endpoint import Endpoint, EndpointEncoder
from ragapp.llm.errors import EmbeddingEndpointError, EmbeddingModelError
from ragapp.tests.scripted_embeddings import ScriptedEmbeddings

TEXTS = ["New parents get sixteen weeks off.", "The pump needs a new seal.", ""]


@pytest.fixture
def server() -> Iterator[ScriptedEmbeddings]:
    with ScriptedEmbeddings() as started:
        yield started


@pytest.fixture
def embedder(server: ScriptedEmbeddings, settings: Any) -> embedding.Embedder:
    settings.EMBEDDING_ENDPOINTS = {"here": server.base_url}
    settings.EMBEDDING_KEYS = {"here": "the-key"}
    return embedding.Embedder(provider="endpoint", endpoint="here", model="mini", passage_prefix="passage: ")


def encoder(server: ScriptedEmbeddings, pauses: list[float]) -> EndpointEncoder:
    endpoint = Endpoint(name="here", base_url=server.base_url, api_key="k", timeout_s=5, max_tokens=8)
    return EndpointEncoder(
        endpoint, "mini", tokenizer=embedding._encoder(embedding.PACKAGED).tokenizer, sleep=pauses.append
    )


def test_vectors_come_in_the_order_of_the_texts(server: ScriptedEmbeddings, embedder: embedding.Embedder) -> None:
    got = embedding.embed_passages(TEXTS, embedder)

    expected = np.stack([embedding.embed_query(f"passage: {text}") for text in TEXTS])
    assert got == pytest.approx(expected, abs=1e-5)
    assert server.requests[0]["input"] == [f"passage: {text}" for text in TEXTS]
    assert server.keys == ["Bearer the-key"]


def test_long_lists_go_in_several_requests(server: ScriptedEmbeddings) -> None:
    server.dimensions = 8

    vectors = encoder(server, []).vectors([f"text {number}" for number in range(130)])

    assert vectors.shape == (130, 8)
    assert [len(request["input"]) for request in server.requests] == [64, 64, 2]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(130), abs=1e-5)


def test_kept_dimensions_are_the_first_ones_scaled_again(embedder: embedding.Embedder) -> None:
    small = embedding.settled(embedding.Embedder(provider="endpoint", endpoint="here", model="mini", dimensions=64))

    vector = embedding.embed_query(TEXTS[0], small)

    whole = embedding.embed_query(TEXTS[0])[:64]
    assert vector == pytest.approx(whole / np.linalg.norm(whole), abs=1e-5)


def test_more_dimensions_than_there_are_cannot_be_kept(embedder: embedding.Embedder) -> None:
    with pytest.raises(EmbeddingModelError, match="gives 384 dimensions; 500 cannot be kept"):
        embedding.settled(embedding.Embedder(provider="endpoint", endpoint="here", model="mini", dimensions=500))


@pytest.mark.parametrize("failure", ["busy", "fail"])
def test_what_may_pass_is_tried_again(server: ScriptedEmbeddings, failure: str) -> None:
    server.will(failure, failure)
    pauses: list[float] = []

    assert encoder(server, pauses).vectors(["text"]).shape == (1, 384)
    assert len(server.requests) == 3
    assert len(pauses) == 2


def test_a_question_is_asked_once_only(server: ScriptedEmbeddings) -> None:
    server.will("busy")

    with pytest.raises(EmbeddingEndpointError, match="'here' did not embed: HTTP 429"):
        encoder(server, []).vector("text")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [("refuse", "HTTP 401"), ("strange", "no list of 1 vectors"), ("fail", "HTTP 500")],
)
def test_a_failure_is_a_sentence(server: ScriptedEmbeddings, script: str, sentence: str) -> None:
    server.will(*[script] * 4)

    with pytest.raises(EmbeddingEndpointError, match=sentence):
        encoder(server, []).vectors(["text"])


def test_another_number_of_dimensions_than_before_is_refused(server: ScriptedEmbeddings) -> None:
    asked = encoder(server, [])
    asked.vectors(["text"])
    server.will("short")

    with pytest.raises(EmbeddingEndpointError, match="sends 383 dimensions now, and sent 384 before"):
        asked.vectors(["text"])


def test_a_text_is_cut_to_what_the_server_takes(server: ScriptedEmbeddings) -> None:
    encoder(server, []).vector("pump " * 30)

    assert server.requests[0]["input"] == [("pump " * 8).strip()]


def test_a_server_that_is_not_there_says_where_to_look(settings: Any) -> None:
    settings.EMBEDDING_ENDPOINTS = {"gone": "http://127.0.0.1:9/v1"}
    with pytest.raises(EmbeddingEndpointError, match=r"'gone' did not embed.*Check RAGAPP_EMBEDDING_ENDPOINTS"):
        embedding.embed_query("text", embedding.Embedder(provider="endpoint", endpoint="gone", model="mini"))


def test_an_endpoint_that_the_settings_do_not_know_is_named() -> None:
    with pytest.raises(EmbeddingEndpointError, match="has no entry 'other'"):
        embedding.embed_query("text", embedding.Embedder(provider="endpoint", endpoint="other", model="mini"))


def test_a_key_is_not_shown_with_its_endpoint() -> None:
    shown = repr(Endpoint(name="here", base_url="http://user:pass@host", api_key="secret", timeout_s=1, max_tokens=9))

    assert shown == "Endpoint('here')"
