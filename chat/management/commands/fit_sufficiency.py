"""`manage.py fit_sufficiency`: the constants of the decision whether the documents answer."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.answering import decide, weigh
from chat.answering.decide_fit import Fitted, fit, refused
from chat.answering.language import language_of
from chat.releases.settings import AnswerSettings
from documents import access
from documents.retrieval.search import search
from documents.retrieval.types import Hit, Query
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered


class Command(BaseCommand):
    """Prints weights and bar as JSON, for the settings of another release."""

    help = "Fits when to refuse, on the questions of a dataset whose documents were imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset", type=Path, help="A folder with questions.jsonl.")
        parser.add_argument("--as", dest="username", required=True, help="Who asks.")
        parser.add_argument("--collection", help="The collection that holds the documents.")
        parser.add_argument("--refused-at-most", type=float, default=0.04, help="Share of answerable questions.")
        parser.add_argument(
            "--leave-out",
            nargs="+",
            choices=("document", "passage"),
            default=(),
            help="Ask each answerable question again without its document, or without the passages that have its "
            "answer: as unanswerable ones, far from and near to what the documents say.",
        )
        parser.add_argument(
            "--whole", action="store_true", help="Fit on every question instead of fitting on half of them."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reader = User.objects.filter(username=options["username"]).first()
        if reader is None:
            raise CommandError(f"There is no person named {options['username']}.")
        collection = access.collections_for(reader).filter(name=options["collection"]).first()
        if options["collection"] and collection is None:
            raise CommandError(f"{reader.username} can read no collection named {options['collection']}.")
        rows = [
            asked
            for place, (_, line) in enumerate(
                numbered((options["dataset"] / "questions.jsonl").read_text(encoding="utf-8"))
            )
            for asked in _asked(place, json.loads(line), reader, collection.pk if collection else None, options)
        ]
        fitting = [row for row in rows if options["whole"] or row.place % 2 == 0]
        try:
            fitted = fit(
                [row.measured for row in fitting],
                [row.is_answerable for row in fitting],
                refused_at_most=options["refused_at_most"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(
                {
                    "sufficiency_weights": fitted.weights,
                    "refuse_below": fitted.refuse_below,
                    "refused_answerable": fitted.refused_answerable,
                    "refused_unanswerable": fitted.refused_unanswerable,
                    "questions": len(fitting),
                    "other_half": {} if options["whole"] else _shares(rows, fitted),
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question of the dataset in one of its forms. `kind`: answerable, unanswerable, document or passage left out."""

    place: int
    kind: str
    measured: Mapping[str, float]

    @property
    def is_answerable(self) -> bool:
        return self.kind == "answerable"


def _asked(
    place: int, row: Mapping[str, Any], reader: User, collection_id: int | None, options: Mapping[str, Any]
) -> Iterator[_Asked]:
    """The question as it is, and without what is to be left out; nothing where nothing was found."""
    is_answerable = row.get("answerable", True)
    leave_out: dict[str, Callable[[Hit], bool]] = {
        "answerable" if is_answerable else "unanswerable": lambda hit: False,
    }
    if is_answerable and row.get("doc") and "document" in options["leave_out"]:
        leave_out["document left out"] = lambda hit: _is_from(hit, row["doc"])
    if is_answerable and row.get("answer") and "passage" in options["leave_out"]:
        leave_out["passage left out"] = lambda hit: row["answer"].casefold() in hit.text.casefold()
    for kind, is_left_out in leave_out.items():
        found = _measured(row["question"], reader, collection_id, is_left_out)
        if found is not None:
            yield _Asked(place=place, kind=kind, measured=found)


def _shares(rows: Sequence[_Asked], fitted: Fitted) -> dict[str, float]:
    """By kind, the share of the other half's questions that these constants refuse."""
    others = [row for row in rows if row.place % 2]
    by_kind: dict[str, list[bool]] = {}
    for row, is_refused in zip(
        others, refused([row.measured for row in others], fitted.weights, fitted.refuse_below), strict=True
    ):
        by_kind.setdefault(row.kind, []).append(is_refused)
    return {kind: round(sum(values) / len(values), 4) for kind, values in by_kind.items()}


def _measured(
    question: str, reader: User, collection_id: int | None, is_left_out: Callable[[Hit], bool]
) -> dict[str, float] | None:
    """The features of the decision; None when nothing was found."""
    settings, language = AnswerSettings(), language_of(question)
    collections = None if collection_id is None else (collection_id,)
    query = Query(text=question, top_k=2 * settings.top_k, collection_ids=collections, languages=(language,))
    hits = [hit for hit in search(query, reader=reader).hits if not is_left_out(hit)]
    hits = hits[: settings.top_k]
    languages = (language, *dict.fromkeys(hit.language for hit in hits if hit.language))
    evidence = weigh.run(question, hits, languages=languages, settings=settings)
    return decide.measure(question, evidence, hits, languages=languages) if evidence else None


def _is_from(hit: Hit, path: str) -> bool:
    return hit.path == path or path.endswith(f"/{hit.path}")
