"""Follow-ups of the sample corpus, made to stand alone by rules: no language model is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chat.answering.language import language_of
from chat.answering.standalone import stand_alone
from chat.answering.types import Exchange
from documents.retrieval.search import search
from documents.retrieval.types import Query
from evaluation.benchmarks.report import Options, Section, Table, with_interval
from evaluation.datasets import corpus, folder
from evaluation.metrics import answers
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered

SAMPLES = settings.BASE_DIR / "documents" / "samples"
ASKER = "employee"
DEPTH = 5
FORMS = ("as typed", "rewritten", "stand-alone form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two turns. `answer`: words that stand in the passage which answers the second one."""

    id: str
    first: str
    first_answer: str
    second: str
    standalone: str
    answer: str
    document: str
    is_change: bool

    @property
    def rewritten(self) -> str:
        return stand_alone(self.second, [Exchange(question=self.first, answer=self.first_answer)])


def run(options: Options) -> Section:
    """Recall of follow-ups in their three forms, and what other subjects took over from the question before."""
    pairs = read_pairs()
    if options.is_quick:
        pairs = pairs[::6]
    dataset = folder.load(SAMPLES)
    brought = corpus.imported(dataset, folder="company/", inline=True)
    try:
        found = {form: [_found(pair, form, brought.askers[ASKER]) for pair in pairs] for form in FORMS}
    finally:
        corpus.remove(brought)
    follow = [place for place, pair in enumerate(pairs) if not pair.is_change]
    change = [place for place, pair in enumerate(pairs) if pair.is_change]
    clean = [float(not taken_over(pairs[place])) for place in change]
    recall = {form: [found[form][place] for place in follow] for form in FORMS}
    changed = {form: [found[form][place] for place in change] for form in FORMS}
    share = sum(recall["rewritten"]) / max(1.0, sum(recall["stand-alone form"]))
    return Section(
        name="followups",
        tables=(
            _table(f"the answering passage is among the first {DEPTH}", recall, changed),
            Table(
                caption="rewriting by rules",
                header=("measure", "result", "n", "goal"),
                rows=(
                    (
                        "recall of the rewritten follow-up / of its stand-alone form",
                        f"{share:.3f}",
                        _n(follow),
                        "≥ .90",
                    ),
                    ("other subjects that took nothing over", with_interval(clean), _n(change), "≥ .95"),
                ),
            ),
        ),
        figures={
            "share of stand-alone recall": share,
            "uncontaminated": sum(clean) / max(1, len(clean)),
            "recall": {form: sum(values) / max(1, len(values)) for form, values in recall.items()},
            "missed": [pairs[place].id for place in follow if not found["rewritten"][place]],
        },
    )


def read_pairs() -> list[Pair]:
    """The pairs of the sample corpus."""
    text = (SAMPLES / "followups.jsonl").read_text("utf-8")
    return [_pair(json.loads(line)) for _, line in numbered(text)]


def _pair(row: Mapping[str, Any]) -> Pair:
    return Pair(
        id=row["id"],
        first=row["first"],
        first_answer=row.get("first_answer", ""),
        second=row["second"],
        standalone=row["standalone"],
        answer=row["answer"],
        document=row["doc"],
        is_change=row["topic_change"],
    )


def taken_over(pair: Pair) -> set[str]:
    """Words of the rewritten question that the typed one does not have."""
    return set(re.findall(r"\w+", pair.rewritten.casefold())) - set(re.findall(r"\w+", pair.second.casefold()))


def _found(pair: Pair, form: str, reader: User) -> float:
    text = {"as typed": pair.second, "rewritten": pair.rewritten, "stand-alone form": pair.standalone}[form]
    query = Query(text=text, top_k=DEPTH, languages=(language_of(text),))
    hits = search(query, reader=reader).hits
    return float(
        any(f"company/{hit.path}" == pair.document and answers.contains_any(hit.text, [pair.answer]) for hit in hits)
    )


def _table(caption: str, recall: Mapping[str, list[float]], changed: Mapping[str, list[float]]) -> Table:
    return Table(
        caption=caption,
        header=("form of the question", "follow-ups", "other subjects"),
        rows=tuple((form, with_interval(recall[form]), with_interval(changed[form])) for form in FORMS),
    )


def _n(places: Sequence[int]) -> str:
    return str(len(places))
