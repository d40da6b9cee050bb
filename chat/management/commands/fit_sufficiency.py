"""`manage.py fit_sufficiency`: the constants of the decision whether the documents answer."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.answering import decide, weigh
from chat.answering.decide_fit import fit
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
        parser.add_argument("--refused-at-most", type=float, default=0.05, help="Share of answerable questions.")
        parser.add_argument(
            "--leave-out",
            action="store_true",
            help="Ask each answerable question once more without its document, as an unanswerable one.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reader = User.objects.filter(username=options["username"]).first()
        if reader is None:
            raise CommandError(f"There is no person named {options['username']}.")
        collection = access.collections_for(reader).filter(name=options["collection"]).first()
        if options["collection"] and collection is None:
            raise CommandError(f"{reader.username} can read no collection named {options['collection']}.")
        measured, answerable = [], []
        for _, line in numbered((options["dataset"] / "questions.jsonl").read_text(encoding="utf-8")):
            row = json.loads(line)
            is_answerable = row.get("answerable", True)
            for without in ("", row.get("doc") or "") if is_answerable and options["leave_out"] else ("",):
                found = _measured(row["question"], reader, collection.pk if collection else None, without)
                if found is not None:
                    measured.append(found)
                    answerable.append(is_answerable and not without)
        try:
            fitted = fit(measured, answerable, refused_at_most=options["refused_at_most"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(
                {
                    "sufficiency_weights": fitted.weights,
                    "refuse_below": fitted.refuse_below,
                    "refused_answerable": fitted.refused_answerable,
                    "refused_unanswerable": fitted.refused_unanswerable,
                    "questions": len(measured),
                }
            )
        )


def _measured(question: str, reader: User, collection_id: int | None, without: str) -> dict[str, float] | None:
    """The features of the decision; None when nothing was found. `without`: the path of a document to leave out."""
    settings, language = AnswerSettings(), language_of(question)
    collections = None if collection_id is None else (collection_id,)
    query = Query(text=question, top_k=2 * settings.top_k, collection_ids=collections, languages=(language,))
    hits = [hit for hit in search(query, reader=reader).hits if not without or not _is_from(hit, without)]
    hits = hits[: settings.top_k]
    languages = (language, *dict.fromkeys(hit.language for hit in hits if hit.language))
    evidence = weigh.run(question, hits, languages=languages, settings=settings)
    return decide.measure(question, evidence, hits, languages=languages) if evidence else None


def _is_from(hit: Hit, path: str) -> bool:
    return hit.path == path or path.endswith(f"/{hit.path}")
