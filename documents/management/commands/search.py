"""manage.py search "question" --collection NAME --as USER: what retrieval finds, without an answer."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.models import Collection
from documents.retrieval.explain import Candidate, Explained, explain
from documents.retrieval.search import search
from documents.retrieval.types import Hit, Query
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered


class Command(BaseCommand):
    """One question on the command line, or a file of them with one JSON line each."""

    help = "Show the passages that a person would get for a question."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", nargs="?")
        parser.add_argument(
            "--questions", type=Path, metavar="FILE.jsonl", help="objects with id, question and maybe as"
        )
        parser.add_argument("--collection", metavar="NAME", help="only this collection")
        parser.add_argument("--folder", default="", metavar="PATH", help="only below this folder")
        parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="only with it; may be repeated")
        parser.add_argument(
            "--language", action="append", default=[], metavar="CODE", help="only in it, as en or de; may be repeated"
        )
        for name in ("since", "until"):
            parser.add_argument(
                f"--{name}", type=date.fromisoformat, metavar="DATE", help=f"what holds from a day on, {name} this one"
            )
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="what held on this day")
        parser.add_argument("--as", dest="user", required=True, metavar="USER", help="who asks")
        parser.add_argument("--top", type=int, default=10)
        parser.add_argument("--explain", action="store_true", help="every candidate, and why it was kept or cut")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["question"]) == bool(options["questions"]):
            raise CommandError("Give one question, or --questions FILE.jsonl.")
        query = _query(options)
        if options["questions"]:
            for _, line in numbered(options["questions"].read_text(encoding="utf-8")):
                asked = json.loads(line)
                # The file may say who asks which question.
                reader = _user(asked.get("as") or options["user"])
                found = _search(replace(query, text=asked["question"]), reader)
                self.stdout.write(json.dumps({"id": asked["id"], **found}, ensure_ascii=False))
            return
        reader = _user(options["user"])
        if options["explain"]:
            self._explain(explain(query, as_user=reader, viewer=reader), as_json=options["json"])
            return
        found = _search(query, reader)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            return
        for number, result in enumerate(found["results"], start=1):
            page = f", page {result['page']}" if result["page"] else ""
            self.stdout.write(f"{number}. {result['document']}{page}  ({result['score']:.3f} {result['ranks']})")
            self.stdout.write(f"   {' '.join(result['text'].split())[:300]}")
        if not found["results"]:
            self.stdout.write("Nothing was found that this person may read.")

    def _explain(self, explained: Explained, *, as_json: bool) -> None:
        rows = [_row(one) for one in (*explained.candidates, *explained.left_out)]
        weight = round(explained.results.dense_weight, 3)
        if as_json:
            ms = {stage: round(spent, 1) for stage, spent in explained.results.ms.items()}
            said = {"candidates": rows, "dense_weight": weight, "ms": ms}
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"Meaning counts {weight:.0%}, words {1 - weight:.0%}.")
        for row in rows:
            beside = f" {row['beside']}" if row["beside"] else ""
            self.stdout.write(
                f"{row['place'] or '-':>3} {row['fate']}{beside}: {row['document']} v{row['version']}"
                f"  {row['score']:.3f} {row['ranks']} {row['scores']}"
            )


def _query(options: Mapping[str, Any]) -> Query:
    collection_id = _collection(options["collection"])
    return Query(
        text=options["question"] or "",
        top_k=options["top"],
        collection_ids=None if collection_id is None else (collection_id,),
        folder=options["folder"],
        tags=tuple(options["tag"]),
        in_languages=tuple(options["language"]),
        since=options["since"],
        until=options["until"],
        as_of=options["as_of"],
    )


def _search(query: Query, reader: User) -> dict[str, Any]:
    started = time.perf_counter()
    results = search(query, reader=reader)
    ms = round((time.perf_counter() - started) * 1000, 1)
    return {"results": [_result(hit) for hit in results.hits], "ms": ms}


def _row(candidate: Candidate) -> dict[str, Any]:
    hit = candidate.hit
    scores = {leg: round(score, 4) for leg, score in hit.scores.items()}
    return _result(hit) | {
        "place": candidate.place, "fate": hit.fate.value, "beside": candidate.beside, "scores": scores,
    }  # fmt: skip


def _result(hit: Hit) -> dict[str, Any]:
    return {
        "document": hit.path or hit.title,
        "version": hit.version_number,
        "page": hit.page,
        "text": hit.text,
        "score": round(hit.score, 6),
        "ranks": dict(hit.ranks),
    }


def _collection(name: str | None) -> int | None:
    if name is None:
        return None
    found = Collection.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no collection called {name}.")
    return found.pk


def _user(username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise CommandError(f"There is no active person called {username}.")
    return found
