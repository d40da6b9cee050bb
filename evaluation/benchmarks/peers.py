"""Other systems over the same texts and the same embedding model, each as its own documentation sets it up.

They are optional: the dependency group "benchmark" of pyproject.toml.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.benchmarks.report import NotMeasurable
from evaluation.metrics.retrieval import first_of_each

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
# For each question the names of the documents found, best first.
Rankings = list[list[str]]
Peer = Callable[[Mapping[str, str], Sequence[str], Embed, int], dict[str, Rankings]]

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "false")
os.environ.setdefault("LANGSMITH_TRACING", "false")


def measure(
    documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int, *, only_base: bool
) -> dict[str, Rankings]:
    """Rankings by the name of each system. `documents` maps names to whole texts.

    `only_base`: bm25s and exact search with the embedding model alone. Raises NotMeasurable when one is not installed.
    """
    found: dict[str, Rankings] = {}
    try:
        for peer in (_bm25s, _exact) if only_base else (_bm25s, _exact, _llama_index, _langchain, _haystack):
            found |= peer(documents, questions, embed, limit)
    except ImportError as error:
        raise NotMeasurable(
            f"{error.name} is not installed. Run `.venv/bin/pip install --group benchmark`, or leave the other systems"
            " out with --no-peers."
        ) from error
    return found


def _bm25s(documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int) -> dict[str, Rankings]:
    """bm25s (Lù 2024) with its Lucene variant, k1 1.5, b .75, English stop words and Snowball stems."""
    import bm25s
    import snowballstemmer

    names, stemmer = list(documents), snowballstemmer.stemmer("english")
    retriever = bm25s.BM25(method="lucene", k1=1.5, b=0.75)

    def tokens(texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer.stemWords, show_progress=False)

    retriever.index(tokens(list(documents.values())), show_progress=False)
    places, _ = retriever.retrieve(tokens(list(questions)), k=min(limit, len(names)), show_progress=False)
    return {"bm25s": [[names[at] for at in row] for row in places.tolist()]}


def _exact(documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int) -> dict[str, Rankings]:
    """Whole documents, as far as the model reads them, by exact cosine."""
    names = list(documents)
    cosines = embed(list(questions)) @ embed(list(documents.values())).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :limit]
    return {"MiniLM exact": [[names[at] for at in row] for row in order.tolist()]}


def _llama_index(
    documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int
) -> dict[str, Rankings]:
    from llama_index.core import Document, MockEmbedding, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
    from llama_index.retrievers.bm25 import BM25Retriever

    class Embedding(MockEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            vector: list[float] = embed([text])[0].tolist()
            return vector

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = embed(texts).tolist()
            return vectors

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    sources = [Document(text=text, doc_id=name) for name, text in documents.items()]
    nodes = SentenceSplitter().get_nodes_from_documents(sources)
    index = VectorStoreIndex(nodes, embed_model=Embedding(embed_dim=embed(["width"]).shape[1]))
    dense = index.as_retriever(similarity_top_k=limit)
    words = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=min(limit, len(nodes)))
    both = QueryFusionRetriever(
        [dense, words],
        similarity_top_k=limit,
        num_queries=1,
        mode=FUSION_MODES.RECIPROCAL_RANK,
        use_async=False,
        llm=MockLLM(),
    )

    def ranked(retriever: Any) -> Rankings:
        return [first_of_each([hit.node.ref_doc_id for hit in retriever.retrieve(asked)]) for asked in questions]

    return {"LlamaIndex": ranked(dense), "LlamaIndex hybrid": ranked(both)}


def _langchain(documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int) -> dict[str, Rankings]:
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import InMemoryVectorStore
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Same(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = embed(texts).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    sources = [Document(page_content=text, metadata={"name": name}) for name, text in documents.items()]
    pieces = RecursiveCharacterTextSplitter().split_documents(sources)
    store = InMemoryVectorStore(Same())
    store.add_documents(pieces)
    dense = store.as_retriever(search_kwargs={"k": limit})
    words = BM25Retriever.from_documents(pieces)
    words.k = limit
    both = EnsembleRetriever(retrievers=[words, dense], weights=[0.5, 0.5])

    def ranked(retriever: Any) -> Rankings:
        return [first_of_each([hit.metadata["name"] for hit in retriever.invoke(asked)]) for asked in questions]

    return {"LangChain": ranked(dense), "LangChain hybrid": ranked(both)}


def _haystack(documents: Mapping[str, str], questions: Sequence[str], embed: Embed, limit: int) -> dict[str, Rankings]:
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    splitter = DocumentSplitter()
    splitter.warm_up()
    sources = [Document(content=text, meta={"name": name}) for name, text in documents.items()]
    pieces = splitter.run(documents=sources)["documents"]
    for piece, vector in zip(pieces, embed([str(piece.content) for piece in pieces]), strict=True):
        piece.embedding = vector.tolist()
    store = InMemoryDocumentStore()
    store.write_documents(pieces)
    dense, words = InMemoryEmbeddingRetriever(store, top_k=limit), InMemoryBM25Retriever(store, top_k=limit)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=limit)

    def by_meaning(asked: str) -> Any:
        return dense.run(query_embedding=embed([asked])[0].tolist())["documents"]

    def by_both(asked: str) -> Any:
        return joiner.run(documents=[words.run(query=asked)["documents"], by_meaning(asked)])["documents"]

    def ranked(find: Callable[[str], Any]) -> Rankings:
        return [first_of_each([hit.meta["name"] for hit in find(asked)]) for asked in questions]

    return {"Haystack": ranked(by_meaning), "Haystack hybrid": ranked(by_both)}
