"""manage.py search "question" --collection NAME --as USER: what retrieval finds, without an answer."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.models import Collection
from documents.retrieval.search import search
from documents.retrieval.types import Hit, Query
from ragapp.accounts.models import User


class Command(BaseCommand):
    """One question on the command line, or a file of them with one JSON line each."""

    help = "Show the passages that a person would get for a question."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", nargs="?")
        parser.add_argument(
            "--questions", type=Path, metavar="FILE.jsonl", help="objects with id, question and maybe as"
        )
        parser.add_argument("--collection", metavar="NAME", help="only this collection")
        parser.add_argument("--as", dest="user", required=True, metavar="USER", help="who asks")
        parser.add_argument("--top", type=int, default=10)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["question"]) == bool(options["questions"]):
            raise CommandError("Give one question, or --questions FILE.jsonl.")
        collection_id = _collection(options["collection"])
        if options["questions"]:
            for line in options["questions"].read_text(encoding="utf-8").splitlines():
                asked = json.loads(line)
                # The file may say who asks which question.
                reader = _user(asked.get("as") or options["user"])
                found = _search(asked["question"], collection_id, options["top"], reader)
                self.stdout.write(json.dumps({"id": asked["id"], **found}, ensure_ascii=False))
            return
        found = _search(options["question"], collection_id, options["top"], _user(options["user"]))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            return
        for number, result in enumerate(found["results"], start=1):
            page = f", page {result['page']}" if result["page"] else ""
            self.stdout.write(f"{number}. {result['document']}{page}  ({result['score']:.3f} {result['ranks']})")
            self.stdout.write(f"   {' '.join(result['text'].split())[:300]}")
        if not found["results"]:
            self.stdout.write("Nothing was found that this person may read.")


def _search(question: str, collection_id: int | None, top: int, reader: User) -> dict[str, Any]:
    started = time.perf_counter()
    results = search(
        Query(text=question, top_k=top, collection_ids=None if collection_id is None else (collection_id,)),
        reader=reader,
    )
    ms = round((time.perf_counter() - started) * 1000, 1)
    return {"results": [_result(hit) for hit in results.hits], "ms": ms}


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
