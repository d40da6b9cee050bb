"""One case, asked of a release: what came, and the measures that apply to it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat.answering.run import Outcome, ask_once
from chat.models import Answer, Release
from documents import access
from documents.retrieval.search import search
from documents.retrieval.types import Query
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import Case, Dataset
from evaluation.metrics import answers, citations, retrieval
from evaluation.metrics.figures import FAILED
from ragapp.accounts.models import User

REFUSALS = frozenset({"not_found", "blocked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question by one person. `is_permitted` is False for those who may not read any right document."""

    case: Case
    asker: str
    is_permitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of a case. `measures` holds only what applies; `facts` holds names and figures, no text."""

    answer: Answer
    index_version_id: int
    status: str
    measures: Mapping[str, float]
    facts: Mapping[str, Any]


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


def measure(ask: Ask, corpus: Corpus, release: Release) -> Measured:
    """Asks, and measures the answer, which stays in a hidden conversation of the asker."""
    case, person = ask.case, corpus.askers[ask.asker]
    found = search(Query(text=case.question, top_k=10, index_version_id=release.index_version_id), reader=person)
    names = [_spelled(corpus.name_of(hit.collection_id, hit.path), case.relevant) for hit in found.hits]
    ranked = retrieval.first_of_each(names)
    started = time.perf_counter()
    outcome = ask_once(case.question, user=person, release=release)
    ms = (time.perf_counter() - started) * 1000
    answer = Answer.objects.get(pk=outcome.answer_id)
    measures: dict[str, float] = {"ms": round(ms, 1)}
    if outcome.status not in FAILED:
        measures |= _used(answer) | _refused(ask, outcome)
        if ask.is_permitted and case.answerable and case.relevant:
            measures |= _found(ranked, case.relevant) | _cited(answer, corpus, case.relevant, person)
        if case.answers:
            measures |= _shown(outcome, case.answers)
        if case.unwanted:
            shown = "" if outcome.status in REFUSALS else outcome.answer
            measures["unwanted_shown"] = round(answers.unwanted_shown(shown, case.unwanted, case.answers), 4)
        if ask.is_permitted and outcome.status not in REFUSALS:
            measures |= _said(case, outcome, answer)
    if not ask.is_permitted:
        cited = {citation["document"] for citation in outcome.citations}
        is_named = any(name in names or name.endswith(tuple(f"/{path}" for path in cited)) for name in case.relevant)
        measures["leak"] = float(is_named or bool(measures.get("gold_shown")))
    return Measured(
        answer=answer,
        index_version_id=found.index_version_id,
        status=outcome.status,
        measures=measures,
        facts={"documents": ranked[:10], "stage_ms": dict(outcome.ms)},
    )


def _found(ranked: Sequence[str], relevant: Mapping[str, float]) -> dict[str, float]:
    return {
        "recall@5": retrieval.recall_at(5, ranked, relevant),
        "recall@10": retrieval.recall_at(10, ranked, relevant),
        "hit@5": retrieval.hit_at(5, ranked, relevant),
        "precision@5": retrieval.precision_at(5, ranked, relevant),
        "ndcg@10": retrieval.ndcg_at(10, ranked, relevant),
        "mrr": retrieval.reciprocal_rank(ranked, relevant),
    }


def _cited(answer: Answer, corpus: Corpus, relevant: Mapping[str, float], reader: User) -> dict[str, float]:
    """Of what the answer rests on; a refusal rests on nothing and has neither."""
    if answer.status in REFUSALS:
        return {}
    ids = set(answer.citations.filter(is_support=True).values_list("document_id", flat=True))
    places = access.readable_documents(reader).filter(pk__in=ids).values_list("collection_id", "path")
    cited = {_spelled(corpus.name_of(*place), relevant) for place in places}
    return _applicable(
        citation_precision=citations.precision(cited, relevant), citation_recall=citations.recall(cited, relevant)
    )


def _shown(outcome: Outcome, golds: Sequence[str]) -> dict[str, float]:
    is_answer = outcome.status not in REFUSALS
    return {
        "gold_shown": float(is_answer and answers.contains_any(outcome.answer, golds)),
        "gold_in_first": float(is_answer and answers.contains_any(answers.first_sentences(outcome.answer, 1), golds)),
        "gold_in_first_3": float(is_answer and answers.contains_any(answers.first_sentences(outcome.answer, 3), golds)),
    }


def _said(case: Case, outcome: Outcome, answer: Answer) -> dict[str, float]:
    measures = _applicable(
        groundedness=citations.groundedness(answer.sentences),
        relevance=answers.relevance(case.question, outcome.answer),
        words=float(len(answers.words(outcome.answer))),
    )
    if case.answers:
        measures |= {
            "exact_match": answers.exact_match(outcome.answer, case.answers),
            "token_f1": answers.token_f1(outcome.answer, case.answers),
            "similarity": answers.similarity(outcome.answer, case.answers),
        }
    return {name: round(value, 4) for name, value in measures.items()}


def _refused(ask: Ask, outcome: Outcome) -> dict[str, float]:
    """Precision over what was refused, recall over what should be: means of these over the cases they are in."""
    is_refused = float(outcome.status in REFUSALS)
    if not ask.is_permitted:
        return {"forbidden_refused": is_refused}
    measures = {"refusal_precision": float(not ask.case.answerable)} if is_refused else {}
    if ask.case.answerable:
        return {**measures, "answerable_refused": is_refused}
    return {**measures, "unanswerable_refused": is_refused, "refusal_recall": is_refused}


def _used(answer: Answer) -> dict[str, float]:
    return _applicable(
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=None if answer.cost_usd is None else float(answer.cost_usd),
    )


def _applicable(**measures: float | None) -> dict[str, float]:
    return {name: float(value) for name, value in measures.items() if value is not None}


def _spelled(name: str, relevant: Mapping[str, float]) -> str:
    """An attachment counts as the mail it came with, a text of a packed corpus as its id."""
    return next((r for r in relevant if name == r or name.startswith(f"{r}/")), name)
