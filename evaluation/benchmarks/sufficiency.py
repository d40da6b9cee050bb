"""Whether questions that the documents do not answer are refused: XQuAD with a quarter of its articles left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat.answering import decide, weigh
from chat.answering.decide_fit import fit, refused
from chat.releases.settings import AnswerSettings
from documents.retrieval.search import search
from documents.retrieval.types import Hit, Query
from evaluation.benchmarks import collections as data
from evaluation.benchmarks.collections import TestCollection
from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table, with_interval
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered

EVERY_FOURTH = 3  # articles 3, 7, 11 … are left out: 12 of 48
LANGUAGE = "en"
ANSWERED, FAR, NEAR = "answerable", "its article was left out", "its passage was left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in one of its forms, with the features of the decision. Every second `place` is fitted on."""

    place: int
    kind: str
    measured: Mapping[str, float]


def run(options: Options) -> Section:
    """Fitted on half of the questions, reported on the other. Raises NotMeasurable without the collection."""
    root = options.data / "xquad"
    if not (root / "questions.jsonl").exists():
        raise NotMeasurable(f"{root} holds no questions.jsonl.")
    texts = sorted((root / "docs" / LANGUAGE).glob("*.txt"))
    kept = {path.name: path.read_text("utf-8") for place, path in enumerate(texts) if place % 4 != EVERY_FOURTH}
    collection_id, reader = data.bring_in(TestCollection(name="XQuAD articles", documents=kept, questions=()))
    try:
        asked = _ask(root / "questions.jsonl", kept, collection_id, reader, every=10 if options.is_quick else 1)
    finally:
        data.take_out(collection_id, reader)
    return report(asked)


def _ask(questions: Path, kept: Mapping[str, str], collection_id: int, reader: User, *, every: int) -> list[Asked]:
    rows = [json.loads(line) for _, line in numbered(questions.read_text("utf-8"))]
    found = []
    for place, row in enumerate([row for row in rows if row["lang"] == LANGUAGE][::every]):
        query = Query(text=row["question"], top_k=AnswerSettings().top_k, collection_ids=(collection_id,))
        hits = search(query, reader=reader).hits
        if Path(row["doc"]).name not in kept:
            found += _measured(place, FAR, row["question"], hits)
            continue
        found += _measured(place, ANSWERED, row["question"], hits)
        others = [hit for hit in hits if row["answer"].casefold() not in hit.text.casefold()]
        found += _measured(place, NEAR, row["question"], others)
    return found


def _measured(place: int, kind: str, question: str, hits: Sequence[Hit]) -> list[Asked]:
    evidence = weigh.run(question, hits, languages=(LANGUAGE,), settings=AnswerSettings())
    if not evidence:
        return []
    measured = decide.measure(question, evidence, hits, languages=(LANGUAGE,))
    return [Asked(place=place, kind=kind, measured=measured)]


def report(asked: Sequence[Asked]) -> Section:
    """Shares refused of the half that was not fitted on: with what was fitted just now, and with what is shipped."""
    fitting = [one for one in asked if one.place % 2 == 0]
    others = [one for one in asked if one.place % 2]
    fitted = fit([one.measured for one in fitting], [one.kind == ANSWERED for one in fitting])
    shipped = AnswerSettings()
    columns = {
        "fitted now": _refused(others, fitted.weights, fitted.refuse_below),
        "shipped": _refused(others, shipped.sufficiency_weights, shipped.refuse_below),
    }
    goals = {ANSWERED: "≤ .05", FAR: "≥ .90", NEAR: ""}
    rows = [
        (kind, *(with_interval(column[kind]) for column in columns.values()), str(len(columns["shipped"][kind])), goal)
        for kind, goal in goals.items()
    ]
    return Section(
        name="sufficiency",
        tables=(
            Table(caption="refused, of the other half", header=("question", *columns, "n", "goal"), rows=tuple(rows)),
        ),
        figures={
            "weights": dict(fitted.weights),
            "refuse_below": fitted.refuse_below,
            "refused": {
                name: {kind: sum(values) / max(1, len(values)) for kind, values in column.items()}
                for name, column in columns.items()
            },
        },
    )


def _refused(asked: Sequence[Asked], weights: Mapping[str, float], refuse_below: float) -> dict[str, list[float]]:
    values = refused([one.measured for one in asked], weights, refuse_below)
    return {
        kind: [float(value) for one, value in zip(asked, values, strict=True) if one.kind == kind]
        for kind in (ANSWERED, FAR, NEAR)
    }
