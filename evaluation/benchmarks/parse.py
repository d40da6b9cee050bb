"""Reading files: pages a second, phrases found by format beside other readers, and what damaged files do."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from documents.ingestion import chunk, clean, parse
from documents.ingestion.errors import IngestionError, NoText
from documents.ingestion.types import Limits, ParsedDocument
from evaluation.benchmarks import long_pdfs, parse_peers, phrases
from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table, with_interval
from ragapp.lib.lines import numbered

# The interpreter of an environment that has the other readers; ours when it is not set.
PEERS_PYTHON = "RAGAPP_BENCHMARK_PYTHON"
PEERS = ("unstructured", "markitdown", "pypdfium2")
QUICK = 3  # files of each format
ROUNDS = 3
LONG_PAGES = (50, 100, 150)  # of each of `long_pdfs.KINDS`
SUFFIXES = tuple("pdf docx doc pptx ppt xlsx xlsm xls odt odp ods html csv tsv rtf epub eml msg txt md".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A file and the phrases that should be found in it."""

    path: Path
    phrases: frozenset[str]

    @property
    def suffix(self) -> str:
        return self.path.suffix[1:]


def run(options: Options) -> Section:
    """Needs the folders `files`, `malformed` and `scifact` of the test data. Raises NotMeasurable without them."""
    examples = _examples(options)
    readers = {"ragapp": _ours([example.path for example in examples])}
    if options.peers:
        for name in PEERS:
            readers[name] = _peer(name, [example.path for example in examples])
    found, found_figures = _phrases_table(examples, readers)
    fast, fast_figures = _speed_tables([example.path for example in examples if example.suffix == "pdf"], options)
    broken, broken_figures = _malformed_table(options)
    figures = {"phrases": found_figures, "speed": fast_figures, "malformed": broken_figures}
    return Section(name="parse", tables=(*fast, found, broken), figures=figures)


def _examples(options: Options) -> list[Example]:
    folder = options.data / "files"
    if not (folder / "labels.jsonl").exists():
        raise NotMeasurable(f"{folder} holds no labels.jsonl. Name the folder of the test data with --data.")
    taken: dict[str, int] = {}
    examples = []
    for _, line in numbered((folder / "labels.jsonl").read_text("utf-8")):
        label = json.loads(line)
        path = folder / "docs" / label["doc"]
        suffix = path.suffix[1:]
        expected = folder / "docs" / label["expected"] if label.get("expected") else None
        if suffix not in SUFFIXES or (options.is_quick and taken.get(suffix, 0) >= QUICK):
            continue
        wanted = phrases.of_file(path, expected)
        if wanted or suffix == "pdf":
            taken[suffix] = taken.get(suffix, 0) + 1
            examples.append(Example(path=path, phrases=frozenset(wanted)))
    return examples


def _ours(paths: Sequence[Path]) -> list[str]:
    """The text that the first stages keep of each file; "" for one that cannot be read."""
    texts = []
    for path in paths:
        try:
            texts.append(_all_text(clean.clean(parse.parse(path, filename=path.name, limits=Limits()))))
        except IngestionError:
            texts.append("")
    return texts


def _all_text(document: ParsedDocument) -> str:
    headers = (name for element in document.elements for name in element.header)
    return "\n".join((document.title, document.text, *headers, *(page.label for page in document.pages)))


def _peer(name: str, paths: Sequence[Path]) -> list[str]:
    return [str(answer["text"]) for answer in _answers(name, paths)]


def _answers(name: str, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """What another reader makes of each file, with its seconds. Raises NotMeasurable when it is not installed."""
    command = [os.environ.get(PEERS_PYTHON, sys.executable), "-P", parse_peers.__file__, name]
    done = subprocess.run(
        command, input="\n".join(map(str, paths)), capture_output=True, text=True, check=False, env=os.environ
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(paths):
        raise NotMeasurable(
            f"{name} is not installed in the environment of {command[0]}. Install the dependency group"
            f' "benchmark-parsers" into one of its own and name its interpreter in {PEERS_PYTHON}, or give --no-peers.'
        )
    return answers


def _phrases_table(examples: Sequence[Example], readers: Mapping[str, list[str]]) -> tuple[Table, dict[str, Any]]:
    """By format: the mean over files of the share of phrases found, and our ratio to the better other reader."""
    rows, figures = [], {}
    for suffix in SUFFIXES:
        chosen = [at for at, one in enumerate(examples) if one.suffix == suffix and one.phrases]
        if not chosen:
            continue
        means = {}
        words = {}
        for name, texts in readers.items():
            if name == "pypdfium2" and suffix != "pdf":
                continue
            shares = [phrases.recall(texts[at], examples[at].phrases) for at in chosen]
            means[name] = shares
            words[name] = statistics.fmean(phrases.word_recall(texts[at], examples[at].phrases) for at in chosen)
        ours, *others = (statistics.fmean(shares) for shares in means.values())
        best = max(others, default=0.0)
        ratio = f"{ours / best:.2f}" if best else "–"
        cells = [with_interval(means[name]) if name in means else "–" for name in ("ragapp", *PEERS)]
        count = sum(len(examples[at].phrases) for at in chosen)
        rows.append((suffix, str(len(chosen)), str(count), *cells, ratio, f"{words['ragapp']:.3f}"))
        figures[suffix] = {"files": len(chosen), "phrases": count, "words": words}
        figures[suffix] |= {name: statistics.fmean(shares) for name, shares in means.items()}
    header = ("format", "files", "phrases", "ragapp", *PEERS, "to the better one", "words, ragapp")
    return Table(caption="Share of expected phrases found", header=header, rows=tuple(rows)), figures


def _speed_tables(short: Sequence[Path], options: Options) -> tuple[list[Table], dict[str, Any]]:
    """Pages a second over the files of the test data and over long ones."""
    tables, figures = [], {}
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.data / "scifact" / "corpus.jsonl.gz"
        counts = LONG_PAGES[:1] if options.is_quick else LONG_PAGES
        long = [
            long_pdfs.make(Path(folder), corpus, kind=kind, pages=pages)
            for kind, pages in zip(long_pdfs.KINDS, counts, strict=False)
        ]
        for name, paths in (("short", short), ("long", long)):
            table, figures[name] = _speed_table(paths, options)
            tables.append(table)
    return tables, figures


def _speed_table(paths: Sequence[Path], options: Options) -> tuple[Table, dict[str, Any]]:
    """Pages a second over the same PDFs, sides in turn, the median of the rounds: by the clock, which other work on
    the machine slows, and by the processor time of all processes."""
    rates: dict[str, list[tuple[float, float]]] = {}
    pages = 0
    paths = [path for path in paths if _our_pages([path])]  # this also loads whatever is loaded once
    for _ in range(1 if options.is_quick else ROUNDS):
        started, spent = time.perf_counter(), _spent()
        pages = _our_pages(paths)
        rates.setdefault("ragapp", []).append((pages / (time.perf_counter() - started), pages / (_spent() - spent)))
        for name in ("unstructured", "pypdfium2") if options.peers else ():
            answers = _answers(name, paths)
            clock, processor = (sum(answer[key] for answer in answers) for key in ("seconds", "processor_seconds"))
            rates.setdefault(name, []).append((pages / clock, pages / processor))
    medians = {
        name: tuple(statistics.median(rate[at] for rate in values) for at in (0, 1)) for name, values in rates.items()
    }
    ours = medians["ragapp"]
    rows = tuple(
        (
            name,
            f"{clock:.1f}",
            f"{processor:.1f}",
            *(("–", "–") if name == "ragapp" else (f"{ours[0] / clock:.2f}", f"{ours[1] / processor:.2f}")),
        )
        for name, (clock, processor) in medians.items()
    )
    caption = f"Pages a second over {len(paths)} PDFs ({pages} pages): parse, clean and chunk; the others only read"
    header = ("reader", "pages/s", "of processor time", "ragapp to it", "of processor time")
    figures = {name: {"clock": clock, "processor": processor} for name, (clock, processor) in medians.items()}
    return Table(caption=caption, header=header, rows=rows), {"pages": pages, **figures}


def _spent() -> float:
    """Processor seconds of this process, the servers that it forks parsers from, and the parsers that ended."""
    spent = time.process_time()
    for server in psutil.Process().children():
        spent += sum(server.cpu_times()[:4])
    return spent


def _our_pages(paths: Sequence[Path]) -> int:
    """Takes PDFs through the stages before embedding; the pages of those that hold text."""
    pages = 0
    for path in paths:
        try:
            # Scanned pages are left alone: the others do not recognise them either.
            document = clean.clean(parse.parse(path, filename=path.name, limits=Limits(ocr_pages=0)))
        except NoText:
            continue
        chunk.chunk(document, title=document.title, filename=path.name)
        pages += len(document.pages)
    return pages


def _malformed_table(options: Options) -> tuple[Table, dict[str, Any]]:
    """What each damaged, encrypted or empty file ends as, the longest time, and the most memory of a child."""
    labels = list(numbered((options.data / "malformed" / "labels.jsonl").read_text("utf-8")))
    ends: dict[str, int] = {}
    seconds = []
    with _most_memory() as most:
        for _, line in labels[: QUICK if options.is_quick else None]:
            path = options.data / "malformed" / "docs" / json.loads(line)["doc"]
            started = time.perf_counter()
            end = _end(path)
            ends[end] = ends.get(end, 0) + 1
            seconds.append(time.perf_counter() - started)
    most_mb = most[0] / 2**20
    reasoned = sum(count for end, count in ends.items() if end != "no reason")
    rows = (
        ("ended parsed or with a reason", f"{reasoned} of {len(seconds)}"),
        ("longest, s", f"{max(seconds):.1f}"),
        ("most memory of a parser's process, MB", f"{most_mb:.0f}"),
        *((f"ended as {end}", str(count)) for end, count in sorted(ends.items())),
    )
    figures = {"files": len(seconds), "reasoned": reasoned, "longest_s": max(seconds), "most_mb": most_mb, "ends": ends}
    return Table(caption="Damaged, encrypted and empty files", header=("what", "count"), rows=rows), figures


def _end(path: Path) -> str:
    """What a file ends as: "parsed", the kind of its failure, or "no reason" for a failure that does not say why."""
    try:
        parse.parse(path, filename=path.name, limits=Limits())
    except IngestionError as error:
        return type(error).__name__ if error.message and error.hint else "no reason"
    except Exception:  # whatever else comes out is what is counted here
        return "no reason"
    return "parsed"


@contextmanager
def _most_memory() -> Iterator[list[int]]:
    """The most bytes that any process below this one held while the block ran, looked at 20 times a second."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for process in psutil.Process().children(recursive=True):
                try:
                    most[0] = max(most[0], process.memory_info().rss)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()
