"""Dataset × release → results per question, and the figures over them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from chat.answering.run import Outcome, ask_once
from chat.models import Release
from documents.retrieval.search import search
from documents.retrieval.types import Query
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import Case, Dataset
from evaluation.metrics import answers, retrieval
from evaluation.models import EvaluationRun
from ragapp.lib.stats import bootstrap_interval

REFUSALS = frozenset({"not_found", "blocked"})
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question by one person. `is_permitted` is False for those who may not read any right document."""

    case: Case
    asker: str
    is_permitted: bool


def asks(dataset: Dataset, folder: str = "") -> Iterator[Ask]:
    """Every case by its own asker, and once more by each asker who may not read its documents."""
    for case in dataset.cases:
        if folder and not any(name.startswith(folder) for name in case.relevant):
            continue
        yield Ask(case=case, asker=case.asker, is_permitted=True)
        if not case.relevant or not case.answerable:
            continue
        for other in dataset.askers:
            if not any(dataset.may_read(other, name) for name in case.relevant):
                yield Ask(case=case, asker=other, is_permitted=False)


def run(dataset: Dataset, corpus: Corpus, release: Release, *, folder: str = "", progress: Progress) -> EvaluationRun:
    """Asks every question of `release` and stores the run. A failed answer is a result like any other."""
    todo = list(asks(dataset, folder))
    started_at = timezone.now()
    results: list[dict[str, Any]] = []
    index_version_id = 0
    for done, ask in enumerate(todo, 1):
        index_version_id, result = _result(ask, corpus, release)
        results.append(result)
        progress(done, len(todo))
    return EvaluationRun.objects.create(
        dataset=f"{dataset.name}/{folder}" if folder else dataset.name,
        dataset_sha256=dataset.sha256,
        release=release,
        index_version_id=index_version_id,
        metrics=summarise(results),
        results=results,
        started_at=started_at,
        finished_at=timezone.now(),
    )


def _result(ask: Ask, corpus: Corpus, release: Release) -> tuple[int, dict[str, Any]]:
    case, person = ask.case, corpus.askers[ask.asker]
    found = search(Query(text=case.question, top_k=10, index_version_id=release.index_version_id), reader=person)
    names = [_spelled(corpus.name_of(hit.collection_id, hit.path), case.relevant) for hit in found.hits]
    ranked = retrieval.first_of_each(names)
    started = time.perf_counter()
    outcome = ask_once(case.question, user=person, release=release, store=False)
    ms = (time.perf_counter() - started) * 1000
    result: dict[str, Any] = {
        "id": case.id,
        "as": ask.asker,
        "category": case.category,
        "is_permitted": ask.is_permitted,
        "answerable": case.answerable,
        "status": outcome.status,
        "answer": outcome.answer,
        "ms": round(ms, 1),
        "stage_ms": dict(outcome.ms),
        "cost_usd": None if outcome.cost_usd is None else str(outcome.cost_usd),
        "documents": ranked[:10],
    }
    if ask.is_permitted and case.answerable and case.relevant:
        result |= {
            "recall@5": retrieval.hit_at(5, ranked, case.relevant),
            "ndcg@10": retrieval.ndcg_at(10, ranked, case.relevant),
            "mrr": retrieval.reciprocal_rank(ranked, case.relevant),
        }
    if case.answers:
        result |= _shown(outcome, case.answers)
    if not ask.is_permitted:
        named = set(names)
        cited = {citation["document"] for citation in outcome.citations}
        result["leak"] = any(
            name in named or name.endswith(tuple(f"/{path}" for path in cited)) for name in case.relevant
        )
    return found.index_version_id, result


def _shown(outcome: Outcome, golds: Sequence[str]) -> dict[str, bool]:
    is_answer = outcome.status not in REFUSALS
    return {
        "gold_shown": is_answer and answers.contains_any(outcome.answer, golds),
        "gold_in_first": is_answer and answers.contains_any(answers.first_sentences(outcome.answer, 1), golds),
        "gold_in_first_3": is_answer and answers.contains_any(answers.first_sentences(outcome.answer, 3), golds),
    }


def _spelled(name: str, relevant: Mapping[str, float]) -> str:
    """An attachment counts as the mail it came with, a text of a packed corpus as its id."""
    return next((r for r in relevant if name == r or name.startswith(f"{r}/")), name)


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means with 95 % bootstrap intervals over the questions each measure applies to; leaks are counted."""
    permitted = [r for r in results if r["is_permitted"]]
    answerable = [r for r in permitted if r["answerable"]]
    unanswerable = [r for r in permitted if not r["answerable"]]
    forbidden = [r for r in results if not r["is_permitted"]]
    figures: dict[str, Any] = {"questions": len(permitted), "asked_without_right": len(forbidden)}
    for measure in ("recall@5", "ndcg@10", "mrr", "gold_shown", "gold_in_first", "gold_in_first_3"):
        figures[measure] = _mean([float(r[measure]) for r in answerable if measure in r])
    figures["answerable_refused"] = _mean([float(r["status"] in REFUSALS) for r in answerable])
    figures["unanswerable_refused"] = _mean([float(r["status"] in REFUSALS) for r in unanswerable])
    figures["forbidden_refused"] = _mean([float(r["status"] in REFUSALS) for r in forbidden])
    figures["leaks"] = sum(bool(r["leak"]) or bool(r.get("gold_shown")) for r in forbidden)
    figures["failed"] = sum(r["status"] == "failed" for r in permitted)
    figures["ms"] = _mean([r["ms"] for r in permitted])
    return figures


def _mean(values: list[float]) -> dict[str, float | int] | None:
    """None when the measure applies to no question: "not applicable" is no score."""
    if not values:
        return None
    low, high = bootstrap_interval(values)
    return {
        "mean": round(sum(values) / len(values), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "n": len(values),
    }
