"""The search indexes as they are served: recall at every share of readable passages, latency as the corpus grows, and
what ingestion adds to embedding."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from statistics import mean

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection

from documents import indexes, uploads
from documents.access import scope_of
from documents.indexes import search_indexes, sizes
from documents.ingestion import chunk, extractions, pipeline
from documents.models import ChunkEmbedding, IndexVersion, IngestionRun
from documents.retrieval import dense
from documents.retrieval.analyse import analyse
from documents.retrieval.readable import count_chunks, readable_in
from documents.retrieval.search import search
from documents.retrieval.types import Query
from evaluation.benchmarks import collections as data
from evaluation.benchmarks import multiplied
from evaluation.benchmarks.multiplied import Seed, Shelves
from evaluation.benchmarks.processor import Spent, spent
from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table, with_interval
from ragapp.accounts.models import User
from ragapp.llm import embedding

# Passages; the goals are set at the last three.
STEPS, QUICK_STEPS = (10_000, 22_000, 100_000, 300_000), (2_000, 5_000)
DIFFERENT_ROWS = 20_000
ABSTRACTS_PER_FILE = 40
TOP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One size of the corpus. By share of readable passages: recall per question, rows missing, milliseconds."""

    chunks: int
    recall: Mapping[str, list[float]]
    short: Mapping[str, int]
    ms: Mapping[str, list[float]]
    stages: Mapping[str, float]
    spent: Mapping[str, Spent]
    build_s: float
    ef_construction: int
    ef_search: int
    hnsw_mb: float
    gin_mb: float


def run(options: Options) -> Section:
    """Works on the scratch database of the benchmark command; leaves a large corpus there."""
    collection = data.scifact(options.data)
    questions = [asked.text for asked in collection.questions][: 20 if options.is_quick else 100]
    files = _files(list(collection.documents.values()), 3 if options.is_quick else 24)
    overhead = _overhead(files)
    live = IndexVersion.objects.get(is_live=True)
    seed, shelf = _seed(live), multiplied.shelves()
    index = _scratch_index(live)
    steps = _steps(index, seed, shelf, questions, QUICK_STEPS if options.is_quick else STEPS)
    return Section(
        name="index",
        tables=(_recall_table(steps), *_latency_tables(steps), _overhead_table(overhead), _sizes_table(steps)),
        figures={
            "recall@10": {str(s.chunks): {share: mean(r) for share, r in s.recall.items()} for s in steps},
            "short lists": {str(s.chunks): dict(s.short) for s in steps},
            "ms p50": {str(s.chunks): {k: float(np.percentile(v, 50)) for k, v in s.ms.items()} for s in steps},
            "ms p95": {str(s.chunks): {k: float(np.percentile(v, 95)) for k, v in s.ms.items()} for s in steps},
            "processor ms p50": {str(s.chunks): {k: asdict(v) for k, v in s.spent.items()} for s in steps},
            "stages ms p50": {str(s.chunks): dict(s.stages) for s in steps},
            "ingest / embed": sum(ours for ours, _, _ in overhead) / sum(alone for _, alone, _ in overhead),
            "ingested passages": sum(chunks for _, _, chunks in overhead),
            "seed passages": len(seed.vectors),
        },
    )


def _files(texts: Sequence[str], count: int) -> list[str]:
    """Long documents of several abstracts each, under headings."""
    rest = iter(texts)
    made = []
    for _ in range(count):
        parts = [text.partition("\n\n") for text in islice(rest, ABSTRACTS_PER_FILE)]
        made.append("\n\n".join(f"# {title}\n\n{body}" for title, _, body in parts))
    return made


def _overhead(files: Sequence[str]) -> list[tuple[float, float, int]]:
    """Of each file: seconds of its whole ingestion, seconds of embedding its passages once more, passages."""
    owner = User.objects.create_user("benchmark owner", password=None)
    shelf = uploads.create_collection("Benchmark files", "", by=owner)
    embedding.warm_up()
    measured = []
    for number, text in enumerate(files):
        name = f"abstracts-{number}.md"
        accepted = uploads.accept(shelf, name=name, content=ContentFile(text.encode(), name=name), by=owner)
        whole_s = _seconds(lambda: pipeline.advance(accepted.version.pk))  # noqa: B023 - called at once
        run = IngestionRun.objects.get(version=accepted.version)
        if run.state != IngestionRun.State.READY:
            raise NotMeasurable(f"{name} was not ingested: {run.failure}")
        texts = _embedded(run)
        alone_s = _seconds(lambda: embedding.embed_passages(texts))  # noqa: B023
        measured.append((whole_s, alone_s, len(texts)))
    # The first file starts the parser's server.
    return measured[1:] or measured


def _embedded(run: IngestionRun) -> list[str]:
    """The texts that were embedded, with their context, which is not kept."""
    version = run.version
    parsed = extractions.parsed_from(version.extractions.get(is_current=True))
    passages = chunk.chunk(parsed, title=version.document.title, filename=version.filename, cutting=chunk.SHIPPED)
    return [passage.with_context for passage in passages]


def _seed(live: IndexVersion) -> Seed:
    rows = ChunkEmbedding.objects.filter(index_version=live).order_by("pk").values_list("embedding", "chunk__text")
    vectors, texts = zip(*rows.iterator(), strict=True)
    lexemes = tuple(tuple(analyse(text, "en")) for text in texts)
    stacked = np.stack([np.asarray(vector, dtype=np.float32) for vector in vectors])
    return Seed(
        vectors=stacked / np.linalg.norm(stacked, axis=1, keepdims=True),
        lexemes=lexemes,
        average_length=mean(map(len, lexemes)),
    )


def _scratch_index(live: IndexVersion) -> IndexVersion:
    made = indexes.create(indexes.Plan(name="benchmark", chunker=chunk.CHUNKER, embedder=live.embedder), by=None)
    IndexVersion.objects.filter(pk=made.pk).update(ready_at=made.created_at)
    return made


def _steps(
    index: IndexVersion, seed: Seed, shelf: Shelves, questions: Sequence[str], sizes_wanted: Sequence[int]
) -> list[_Step]:
    random = np.random.default_rng(20_261_123)
    rows = multiplied.lexical_rows(seed, random, most=min(DIFFERENT_ROWS, sizes_wanted[-1]))
    for question in questions:
        embedding.embed_query(question, index.embedder)
    steps, before = [], 0
    for chunks in sizes_wanted:
        # Loaded without indexes, which are then built at once: a graph that grew row by row takes ten times as long
        # to make and finds the same.
        search_indexes.drop(index)
        # As a version is made beside a live one of that size.
        IndexVersion.objects.filter(pk=index.pk).update(ef_construction=dense.ef_construction(chunks))
        index.refresh_from_db()
        multiplied.grow(index, seed, shelf, rows, random, first=before, until=chunks)
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'")
        build_s = _seconds(lambda: search_indexes.create(index))
        search_indexes.refresh_planner()
        indexes.refresh_statistics(index, drift=1e9)
        index.refresh_from_db()
        steps.append(_measured(index, shelf, questions, chunks, build_s))
        before = chunks
    return steps


def _measured(index: IndexVersion, shelf: Shelves, questions: Sequence[str], chunks: int, build_s: float) -> _Step:
    recall: dict[str, list[float]] = {}
    short: dict[str, int] = {}
    ms: dict[str, list[float]] = {label: [] for label in shelf.readers}
    stages: dict[str, list[float]] = {}
    for label, reader in shelf.readers.items():
        recall[label], short[label] = _recall(index, reader, questions)
    for question in questions[:2]:
        for reader in shelf.readers.values():
            search(Query(text=question, index_version_id=index.pk), reader=reader)
    for question in questions:
        for label, reader in shelf.readers.items():
            started = time.perf_counter()
            found = search(Query(text=question, index_version_id=index.pk), reader=reader)
            ms[label].append((time.perf_counter() - started) * 1000)
            for stage, took in found.ms.items():
                stages.setdefault(stage, []).append(took)
    found_sizes = sizes.sizes_of(index)
    return _Step(
        chunks=chunks, recall=recall, short=short, ms=ms, build_s=build_s,
        stages={stage: float(np.percentile(took, 50)) for stage, took in stages.items()},
        spent={label: spent(questions, index=index, reader=reader) for label, reader in shelf.readers.items()},
        ef_construction=index.ef_construction, ef_search=dense.ef_search(index.chunk_count, index.ef_construction),
        hnsw_mb=found_sizes.hnsw / 2**20, gin_mb=found_sizes.gin / 2**20,
    )  # fmt: skip


def _recall(index: IndexVersion, reader: User, questions: Sequence[str]) -> tuple[list[float], int]:
    """Of the ten nearest readable passages by exact comparison, the share that is served; and lists that are short."""
    readable = readable_in(scope_of(reader))
    assert readable is not None
    limit = settings.EXACT_SEARCH_LIMIT
    allowed = count_chunks(readable, index=index, at_most=limit + 1)
    shares, short = [], 0
    for question in questions:
        vector = embedding.embed_query(question, index.embedder)
        served = dense.nearest(
            vector, index=index, readable=readable, limit=TOP, readable_chunks=allowed, exact_limit=limit
        )
        true = dense.exact(vector, index=index, readable=readable, limit=TOP)
        # As near as the tenth is as good: equal distances have no order.
        good = sum(cosine >= true[-1][1] - 1e-6 for _, cosine in served) if true else 0
        shares.append(good / len(true) if true else 1.0)
        short += len(served) < min(TOP, allowed)
    return shares, short


def _recall_table(steps: Sequence[_Step]) -> Table:
    labels = list(steps[0].recall)
    rows = [
        (f"{step.chunks:,}", *(f"{with_interval(step.recall[x])}, {step.short[x]} short" for x in labels))
        for step in steps
    ]
    header = ("passages", *(f"{label} readable" for label in labels))
    return Table(caption="recall@10 of the dense search against exact comparison", header=header, rows=tuple(rows))


def _latency_tables(steps: Sequence[_Step]) -> tuple[Table, ...]:
    labels = list(steps[0].ms)
    rows = [
        (
            f"{step.chunks:,}",
            *(f"{np.percentile(step.ms[x], 50):.1f} / {np.percentile(step.ms[x], 95):.1f}" for x in labels),
        )
        for step in steps
    ]
    stages = [stage for stage in steps[-1].stages if stage != "embed"]
    parts = [(f"{step.chunks:,}", *(f"{step.stages.get(stage, 0):.1f}" for stage in stages)) for step in steps]
    return (
        Table(
            caption="hybrid search with the question's vector ready, milliseconds p50 / p95",
            header=("passages", *(f"{label} readable" for label in labels)),
            rows=tuple(rows),
        ),
        Table(caption="its stages, milliseconds p50", header=("passages", *stages), rows=tuple(parts)),
        Table(
            caption="its processor time, milliseconds p50, Python + PostgreSQL, and its statements",
            header=("passages", *(f"{label} readable" for label in labels)),
            rows=tuple((f"{step.chunks:,}", *(str(step.spent[label]) for label in labels)) for step in steps),
        ),
    )


def _overhead_table(overhead: Sequence[tuple[float, float, int]]) -> Table:
    whole, alone, chunks = (sum(column) for column in zip(*overhead, strict=True))
    return Table(
        caption=f"ingestion of {len(overhead)} documents, {chunks} passages, file by file beside embedding alone",
        header=("", "seconds", "passages a second"),
        rows=(
            ("whole ingestion", f"{whole:.1f}", f"{chunks / whole:.1f}"),
            ("embedding alone", f"{alone:.1f}", f"{chunks / alone:.1f}"),
            ("ratio", f"{whole / alone:.2f}", ""),
        ),
    )


def _sizes_table(steps: Sequence[_Step]) -> Table:
    rows = tuple(
        (
            f"{step.chunks:,}", f"{step.ef_construction}", f"{step.ef_search}", f"{step.build_s:.1f}",
            f"{step.hnsw_mb:.0f}", f"{step.gin_mb:.0f}",
        )
        for step in steps
    )  # fmt: skip
    header = (
        "passages", "ef_construction", "ef_search", "building both indexes at once, s", "HNSW, MB", "GIN, MB",
    )  # fmt: skip
    return Table(caption="what the indexes take", header=header, rows=rows)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
