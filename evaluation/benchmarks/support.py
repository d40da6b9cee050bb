"""Whether the support of a sentence tells what a passage says from what it does not: labelled sentences, and people."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chat.answering import check
from chat.releases.settings import AnswerSettings
from documents.retrieval.analyse import analyse
from evaluation.benchmarks.remembering import remembering
from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table, with_interval
from evaluation.datasets import folder
from ragapp.lib.lines import numbered
from ragapp.lib.text import sentences
from ragapp.llm import embedding

PUBMED, XQUAD, PEOPLE = 150, 200, 504
SEED = 7
LANGUAGE = "en"
OWN, OTHER, CHANGED = "its own passage", "the nearest other passage", "changed in a number or a denial"
_NUMBER = re.compile(r"(?<![\w.-])\d{1,4}(?:\.\d+)?(?![\w.-])")
_VERB = re.compile(r"\b(is|are|was|were|can|could|may|should|did|does|has|have|had|will)\b(?! not\b)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A sentence, a passage, and whether the passage supports it."""

    source: str
    kind: str
    claim: str
    passage: str

    @property
    def is_supported(self) -> bool:
        return self.kind == OWN


def run(options: Options) -> Section:
    """AUC of the support against labels, and agreement with people. Raises NotMeasurable when a set is missing."""
    part = 10 if options.is_quick else 1
    labelled = [*pubmedqa(options.data, PUBMED // part), *xquad(options.data, XQUAD // part)]
    embed = remembering(embedding.embed_passages)
    bar = AnswerSettings().supported_from
    ours = [check.support(one.claim, [one.passage], language=LANGUAGE, embed=embed) for one in labelled]
    words = [contained(one.claim, one.passage) for one in labelled]
    rows = [
        (f"{source}, {kind}", *(f"{_auc(labelled, values, source, kind):.3f}" for values in (ours, words)))
        for source in dict.fromkeys(one.source for one in labelled)
        for kind in (OTHER, CHANGED)
        if any(one.source == source and one.kind == kind for one in labelled)
    ]
    rows += [
        (f"both, {kind}", *(f"{_auc(labelled, values, kind=kind):.3f}" for values in (ours, words)))
        for kind in (OTHER, CHANGED)
    ]
    rows.append(("all", *(f"{_auc(labelled, values):.3f}" for values in (ours, words))))
    flagged = [float(value < bar) for one, value in zip(labelled, ours, strict=True) if not one.is_supported]
    kept = [float(value >= bar) for one, value in zip(labelled, ours, strict=True) if one.is_supported]
    agreed = agreement(options.data, PEOPLE // part, embed)
    return Section(
        name="support",
        tables=(
            Table(
                caption="AUC: a sentence with its own passage against",
                header=("", "support", "share of its words"),
                rows=tuple(rows),
            ),
            Table(
                caption="at the bar of the release",
                header=("sentences", "share", "n"),
                rows=(
                    ("supported, left unmarked", with_interval(kept), str(len(kept))),
                    ("not supported, marked", with_interval(flagged), str(len(flagged))),
                ),
            ),
            Table(
                caption="agreement with people, pairs that they told apart by correctness",
                header=("score", "agreement", "n"),
                rows=tuple((name, with_interval(values), str(len(values))) for name, values in agreed.items()),
            ),
        ),
        figures={
            "auc": _auc(labelled, ours),
            "auc of words": _auc(labelled, words),
            "unmarked": sum(kept) / len(kept),
            "marked": sum(flagged) / len(flagged),
            "agreement": {name: sum(values) / max(1, len(values)) for name, values in agreed.items()},
        },
    )


# --- labelled sentences ------------------------------------------------------------------------------------


def pubmedqa(data: Path, questions: int) -> Iterator[Labelled]:
    """Conclusions that the authors wrote, with their own abstract and with the nearest other one."""
    root = _present(data / "pubmedqa")
    texts = {identity: text for identity, _, text in folder.corpus_texts(root / "corpus.jsonl.gz")}
    known = {identity: frozenset(analyse(text, LANGUAGE)) for identity, text in texts.items()}
    for row in _rows(root)[:questions]:
        own, answer = row["doc"], row["answer"]
        said = [answer[start:end] for start, end in sentences(answer)]
        wanted = frozenset(analyse(answer, LANGUAGE))
        other = max((each for each in known if each != own), key=lambda each: len(wanted & known[each]))
        yield from _labelled("PubMedQA", said, texts[own], texts[other])


def xquad(data: Path, questions: int) -> Iterator[Labelled]:
    """Questions with their answers, with their own paragraph and with the nearest other one of their article."""
    root = _present(data / "xquad")
    rows = [row for row in _rows(root) if row["lang"] == LANGUAGE]
    for row in rows[:: max(1, len(rows) // questions)]:
        article = (root / "docs" / row["doc"]).read_text("utf-8")
        paragraphs = [part for part in article.split("\n\n") if row["answer"] in part or len(part) > 200]
        claim = f"{row['question'].rstrip('?')}: {row['answer']}."
        wanted = frozenset(analyse(claim, LANGUAGE))
        ranked = sorted(paragraphs, key=lambda part: -len(wanted & frozenset(analyse(part, LANGUAGE))))
        own = next((part for part in ranked if row["answer"] in part), None)
        other = next((part for part in ranked if row["answer"] not in part), None)
        if own is not None and other is not None:
            yield from _labelled("XQuAD", [claim], own, other)


def _labelled(source: str, claims: Sequence[str], own: str, other: str) -> Iterator[Labelled]:
    for claim in claims:
        yield Labelled(source=source, kind=OWN, claim=claim, passage=own)
        yield Labelled(source=source, kind=OTHER, claim=claim, passage=other)
        if changed := changed_in_one_place(claim, own):
            yield Labelled(source=source, kind=CHANGED, claim=changed, passage=own)


def changed_in_one_place(claim: str, passage: str) -> str:
    """`claim` with another number, else denied; empty when it has neither a number nor a verb that we know."""
    dice = random.Random(f"{SEED}{claim}")
    numbers = [match for match in _NUMBER.finditer(claim) if match.group() in passage]
    if numbers:
        match = dice.choice(numbers)
        other = str(int(float(match.group())) + dice.randint(1, 9))
        return f"{claim[: match.start()]}{other}{claim[match.end() :]}"
    verb = _VERB.search(claim)
    return f"{claim[: verb.end()]} not{claim[verb.end() :]}" if verb and verb.start() else ""


def contained(claim: str, passage: str) -> float:
    """The share of the words of `claim` that stand in `passage`: what a score has to beat."""
    wanted = set(analyse(claim, LANGUAGE))
    return len(wanted & set(analyse(passage, LANGUAGE))) / len(wanted) if wanted else 0.0


def _auc(labelled: Sequence[Labelled], values: Sequence[float], source: str = "", kind: str = "") -> float:
    """The chance that a supported sentence scores above one that is not; ties count half (Mann and Whitney 1947)."""
    chosen = [
        (value, one.is_supported)
        for one, value in zip(labelled, values, strict=True)
        if (not source or one.source == source) and (not kind or one.kind in (OWN, kind))
    ]
    good = np.array([value for value, is_supported in chosen if is_supported])
    bad = np.array([value for value, is_supported in chosen if not is_supported])
    return float(((good[:, None] > bad[None, :]) + 0.5 * (good[:, None] == bad[None, :])).mean())


# --- people ------------------------------------------------------------------------------------------------


FAITHFUL, COVERS, BOTH = (
    "its sentences, supported by the gold answer",
    "gold sentences, supported by it",
    "both, harmonic mean",
)


def agreement(data: Path, most: int, embed: check.Embed) -> dict[str, list[float]]:
    """For each pair of answers that people told apart by correctness: whether a score prefers the same one."""
    text = (_present(data / "grounded") / "labels.jsonl").read_text("utf-8")
    found: dict[str, list[float]] = {FAITHFUL: [], COVERS: [], BOTH: []}
    for row in [json.loads(line) for _, line in numbered(text)][:most]:
        if row["correct"] == 0:
            continue
        first, second = (_scores(row[name], row["answer"], embed) for name in ("a", "b"))
        for name, values in found.items():
            same = first[name] == second[name]
            values.append(0.5 if same else float((second[name] > first[name]) == (row["correct"] > 0)))
    return found


def _scores(answer: str, gold: str, embed: check.Embed) -> dict[str, float]:
    there, back = _mean_support(answer, gold, embed), _mean_support(gold, answer, embed)
    return {FAITHFUL: there, COVERS: back, BOTH: 2 * there * back / (there + back) if there + back else 0.0}


def _mean_support(text: str, source: str, embed: check.Embed) -> float:
    spans = sentences(text)
    values = [check.support(text[start:end], [source], language=LANGUAGE, embed=embed) for start, end in spans]
    return sum(values) / len(values) if values else 0.0


def _rows(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for _, line in numbered((root / "questions.jsonl").read_text("utf-8"))]


def _present(root: Path) -> Path:
    if not root.is_dir():
        raise NotMeasurable(f"{root} is not there. Name the folder of the collections with --data.")
    return root
