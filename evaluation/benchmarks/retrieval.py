"""Retrieval through this system's own ingestion and PostgreSQL, beside others over the same texts and model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

import numpy as np

from documents.retrieval.search import search
from documents.retrieval.types import Query
from evaluation.benchmarks import collections as data
from evaluation.benchmarks import peers
from evaluation.benchmarks.collections import Asked, TestCollection
from evaluation.benchmarks.remembering import remembering
from evaluation.benchmarks.report import Options, Section, Table, with_interval
from evaluation.metrics import answers
from evaluation.metrics.retrieval import first_of_each, ndcg_at, recall_at
from ragapp.accounts.models import User
from ragapp.llm import embedding
from ragapp.monitoring.timing import timed

OURS, OUR_WORDS, OUR_MEANING = "ragapp", "ragapp, words only", "ragapp, meaning only"
BASE = ("bm25s", "MiniLM exact")
FRAMEWORKS = ("LlamaIndex", "LangChain", "Haystack")
DEPTH, CONTEXT = 100, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One value per question for each system, in the same order."""

    collection: str
    ndcg: Mapping[str, list[float]]
    recall: Mapping[str, list[float]]
    context: Mapping[str, list[float]]
    ms: list[float]


def run(options: Options) -> Section:
    """Quality by collection and system. Raises NotMeasurable when a collection or another system is missing."""
    embed = remembering(embedding.embed_passages)
    measured = [_measure(each, options, embed) for each in _collections(options)]
    return Section(
        name="retrieval",
        tables=(
            _table("nDCG@10 by document", [(m.collection, m.ndcg) for m in measured]),
            _table(f"recall@{DEPTH} by document", [(m.collection, m.recall) for m in measured]),
            _table(
                f"the answer's words are in the first {CONTEXT} passages",
                [(m.collection, m.context) for m in measured if m.context],
            ),
            _differences(measured),
        ),
        figures={
            m.collection: {
                "ndcg@10": {name: mean(values) for name, values in m.ndcg.items()},
                f"recall@{DEPTH}": {name: mean(values) for name, values in m.recall.items()},
                f"answer in {CONTEXT}": {name: mean(values) for name, values in m.context.items()},
                "questions": len(m.ms),
                "ms p50": float(np.median(m.ms)),
            }
            for m in measured
        },
    )


def _collections(options: Options) -> list[TestCollection]:
    whole = [data.scifact(options.data), data.pubmedqa(options.data)]
    whole += [data.xquad(options.data, language) for language in ("en", "de", "es", "zh")]
    return [data.sample(each) for each in whole] if options.is_quick else whole


def _measure(collection: TestCollection, options: Options, embed: peers.Embed) -> _Measured:
    texts = [asked.text for asked in collection.questions]
    found = peers.measure(collection.documents, texts, embed, DEPTH, only_base=not options.peers)
    collection_id, reader = data.bring_in(collection)
    try:
        ours, context, ms = _ours(collection, collection_id, reader)
    finally:
        data.take_out(collection_id, reader)
    found = {**ours, **found}
    shown = {OURS: context} | {name: _shown(collection, found[name]) for name in BASE}
    return _Measured(
        collection=collection.name,
        ndcg=_scored(found, collection.questions, lambda ranked, relevant: ndcg_at(10, ranked, relevant)),
        recall=_scored(found, collection.questions, lambda ranked, relevant: recall_at(DEPTH, ranked, relevant)),
        context=shown if collection.name.startswith("XQuAD") else {},
        ms=ms,
    )


def _ours(
    collection: TestCollection, collection_id: int, reader: User
) -> tuple[dict[str, peers.Rankings], list[float], list[float]]:
    """Rankings of the whole search and of each leg, whether the answer is in the first passages, milliseconds."""
    rankings: dict[str, peers.Rankings] = {OURS: [], OUR_WORDS: [], OUR_MEANING: []}
    context, ms = [], []
    for asked in collection.questions:
        took: dict[str, float] = {}
        with timed(took, "search"):
            results = search(Query(text=asked.text, top_k=DEPTH, collection_ids=(collection_id,)), reader=reader)
        ms.append(took["search"])
        rankings[OURS].append(first_of_each([hit.path for hit in results.hits]))
        for name, leg in ((OUR_WORDS, "lexical"), (OUR_MEANING, "dense")):
            scored = [hit for hit in results.considered if leg in hit.scores]
            scored.sort(key=lambda hit: -hit.scores[leg])
            rankings[name].append(first_of_each([hit.path for hit in scored]))
        text = "\n".join(hit.text for hit in results.hits[:CONTEXT])
        context.append(float(answers.contains_any(text, [asked.answer])))
    return rankings, context, ms


def _shown(collection: TestCollection, rankings: peers.Rankings) -> list[float]:
    return [
        float(answers.contains_any("\n".join(collection.documents[name] for name in ranked[:CONTEXT]), [asked.answer]))
        for asked, ranked in zip(collection.questions, rankings, strict=True)
    ]


def _scored(
    found: Mapping[str, peers.Rankings],
    questions: Sequence[Asked],
    score: Callable[[Sequence[str], Mapping[str, float]], float],
) -> dict[str, list[float]]:
    return {
        name: [score(ranked, asked.relevant) for ranked, asked in zip(rankings, questions, strict=True)]
        for name, rankings in found.items()
    }


def _table(caption: str, columns: Sequence[tuple[str, Mapping[str, list[float]]]]) -> Table:
    systems = list(dict.fromkeys(name for _, scores in columns for name in scores))
    rows = [(name, *(with_interval(scores.get(name, [])) for _, scores in columns)) for name in systems]
    return Table(caption=caption, header=("", *(name for name, _ in columns)), rows=tuple(rows))


def _differences(measured: Sequence[_Measured]) -> Table:
    """Question by question, so that what makes a question hard for everyone does not widen the interval."""
    against = {
        "the better of bm25s and MiniLM exact": BASE,
        "the best framework, as it comes": FRAMEWORKS,
        "the best framework's hybrid": tuple(f"{name} hybrid" for name in FRAMEWORKS),
    }
    rows = []
    for label, names in against.items():
        cells = []
        for one in measured:
            there = [name for name in names if name in one.ndcg]
            best = max(there, key=lambda name: mean(one.ndcg[name]), default="")
            pairs = zip(one.ndcg[OURS], one.ndcg[best], strict=True) if best else ()
            cells.append(with_interval([ours - theirs for ours, theirs in pairs]))
        rows.append((label, *cells))
    words = [f"{mean(one.ndcg[OUR_WORDS]) / mean(one.ndcg['bm25s']):.3f} x" for one in measured]
    rows.append(("our words against bm25s, ratio", *words))
    return Table(
        caption="nDCG@10 of ragapp minus that of", header=("", *(m.collection for m in measured)), rows=tuple(rows)
    )
