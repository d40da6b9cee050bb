"""`manage.py ask`: a question from the shell, answered as the person named would be."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.answering.run import Outcome, ask_once
from documents import access
from ragapp.accounts.models import User
from ragapp.lib.lines import numbered


class Command(BaseCommand):
    """Prints the answer with its sources, or JSON."""

    help = "Asks a question, or each question of a JSONL file, and prints the cited answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", nargs="?", help="The question.")
        parser.add_argument("--as", dest="username", help="Who asks. Lines of --questions may name their own.")
        parser.add_argument("--collection", help="Ask only the documents of this collection.")
        parser.add_argument("--questions", type=Path, help='A file with one {"id", "question", "as"?} per line.')
        parser.add_argument("--json", action="store_true", help="Print JSON, one line per question.")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["question"]) == bool(options["questions"]):
            raise CommandError("Give a question, or --questions FILE.")
        for line in _lines(options):
            user = _user(line.get("as") or options["username"])
            outcome = ask_once(line["question"], user=user, collection_id=_collection(options["collection"], user))
            if options["json"] or options["questions"]:
                self.stdout.write(json.dumps(_as_json(line, outcome), ensure_ascii=False))
            else:
                self.stdout.write(_as_text(outcome))


def _lines(options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if options["questions"] is None:
        yield {"question": options["question"]}
        return
    try:
        text = options["questions"].read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{options['questions']} cannot be read: {error.strerror}.") from error
    yield from _parsed(numbered(text))


def _parsed(lines: Iterable[tuple[int, str]]) -> Iterator[dict[str, Any]]:
    for number, line in lines:
        try:
            row = json.loads(line)
            row["question"]
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f'Line {number} is no JSON object with a "question".') from error
        yield row


def _user(username: str | None) -> User:
    if not username:
        raise CommandError("Say who asks: --as USER.")
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active person named {username}.")
    return user


def _collection(name: str | None, user: User) -> int | None:
    if name is None:
        return None
    found = access.collections_for(user).filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"{user.username} can read no collection named {name}.")
    return int(found)


def _as_json(line: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"id": line["id"]} if "id" in line else {}
    found |= {
        "answer": outcome.answer,
        "citations": [
            {key: citation[key] for key in ("marker", "document", "page", "quote")} for citation in outcome.citations
        ],
        "status": outcome.status,
        "release": outcome.release,
        "cost_usd": None if outcome.cost_usd is None else float(outcome.cost_usd),
        "ms": dict(outcome.ms),
    }
    return found


def _as_text(outcome: Outcome) -> str:
    sources = [
        f"[{citation['marker']}] {citation['title']}" + (f", page {citation['page']}" if citation["page"] else "")
        for citation in outcome.citations
    ]
    return "\n".join(
        [outcome.answer, *([outcome.notice] if outcome.notice else []), *([""] if sources else []), *sources]
    )
