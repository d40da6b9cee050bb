"""manage.py import_corpus PATH --collection NAME: put a file, a folder or an archive into a collection."""

from __future__ import annotations

import sys
import time
import unicodedata
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import ngettext

from documents import archives, importing, indexes, tasks, uploads
from documents.comparing import Change
from documents.importing import Imported
from documents.ingestion import pipeline
from documents.models import Collection, IndexVersion, IngestionRun
from ragapp.accounts.models import User
from ragapp.monitoring import health

# How long nothing may happen before the worker is asked after.
PATIENCE_S, POLL_S = 10.0, 0.5
PROGRESS_EVERY_S = 5.0
# Versions that are asked after in one go.
FOLLOWED_AT_ONCE = 500
HELD = IngestionRun.State.HELD
UNFINISHED = (IngestionRun.State.QUEUED, IngestionRun.State.RUNNING)
# As a line says it when the state of the work is not waited for.
WORDS = {Change.ADDED: "queued", Change.CHANGED: "queued", Change.RETRIED: "queued"}


class Command(BaseCommand):
    """Prints one line per file: path, state, reason. Stopped, it goes on when it is called again."""

    help = "Put a file, a folder or an archive into a collection, which is created when it is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--collection", required=True, metavar="NAME")
        parser.add_argument(
            "--as", dest="user", default="admin", metavar="USER", help="who uploads; admin if not given"
        )
        parser.add_argument("--wait", action="store_true", help="wait until every file is ready or has failed")
        parser.add_argument("--inline", action="store_true", help="do the work in this process, without a worker")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--prune", action="store_true", help="withdraw documents that are not in PATH any more")
        parser.add_argument("--yes", action="store_true", help="withdraw without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active person called {options['user']}. Name one with --as.")
        path: Path = options["path"]
        if not path.exists():
            raise CommandError(f"{path} does not exist.")
        if options["prune"] and not (path.is_dir() or archives.is_archive(path.name)):
            raise CommandError("--prune compares with a whole folder or archive; this is a file.")
        if not options["dry_run"]:
            self._import(path, user, options)
            return
        # Also a collection that is not there yet: what is made is taken back, and so nothing changes.
        with transaction.atomic():
            self._import(path, user, options)
            transaction.set_rollback(True)

    def _import(self, path: Path, user: User, options: dict[str, Any]) -> None:
        name = options["collection"]
        collection = Collection.objects.filter(name=name).first()
        if collection is None:
            collection = uploads.create_collection(name, by=user)
            self.stderr.write(f"“{_plain(name)}” is new: only {user.username} reads it until it is shared.")
        self.is_followed = options["wait"] or options["inline"]
        self.counts: Counter[str] = Counter()
        self.told_at = time.monotonic()
        try:
            seen = self._bring_in(path, collection, user, options)
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped after {self.counts.total()} files. They are kept; the same command goes on with the rest.",
                returncode=130,
            ) from None
        if options["prune"]:
            self._prune(seen, collection, user, options)
        if self.is_followed and not options["dry_run"]:
            for index in IndexVersion.objects.filter(is_stale=True):
                indexes.refresh_statistics(index)
        if options["dry_run"]:
            self.stderr.write(", ".join(f"{n} {change}" for change, n in sorted(self.counts.items())) or "no files")

    def _bring_in(self, path: Path, collection: Collection, user: User, options: dict[str, Any]) -> set[str]:
        """The paths of the files that were found. Those that are followed are so in batches, between the others."""
        seen: set[str] = set()
        waiting: dict[int, str] = {}
        try:
            for found in importing.bring_in(path, collection, by=user, is_dry_run=options["dry_run"]):
                seen.add(_stored(found.path))
                self._count(found)
                if found.version_id is None or not self.is_followed:
                    self._tell(found, is_dry_run=options["dry_run"])
                    continue
                waiting[found.version_id] = "unchanged" if found.change == Change.UNCHANGED else _same(found)
                if options["inline"]:
                    _work([found.version_id])
                if len(waiting) >= FOLLOWED_AT_ONCE:
                    self._follow(waiting)
                    waiting.clear()
        except archives.UnreadableArchive as error:
            raise CommandError(str(error)) from error
        self._follow(waiting)
        return seen

    def _prune(self, seen: set[str], collection: Collection, user: User, options: dict[str, Any]) -> None:
        """Withdraw what is not in the folder any more, after a question."""
        if not seen:
            raise CommandError("No files were found, so nothing is withdrawn.")
        gone = importing.missing_from(seen, collection, by=user)
        for document in gone:
            self.stdout.write(f"{_plain(document.path)}\t{'would be withdrawn' if options['dry_run'] else 'missing'}")
        if not gone or options["dry_run"]:
            return
        question = ngettext(
            "Withdraw this document from “%(name)s” for everybody? Type yes: ",
            "Withdraw these %(n)d documents from “%(name)s” for everybody? Type yes: ",
            len(gone),
        ) % {"n": len(gone), "name": collection.name}
        if not options["yes"] and not _agreed(question):
            raise CommandError("Nothing was withdrawn.")
        for document in gone:
            receipt = uploads.remove(document, by=user)
            self._line(document.path, "withdrawn", _counted(receipt))

    def _count(self, found: Imported) -> None:
        """Now and then a line on the error stream says how far it is."""
        self.counts[found.change.value] += 1
        if time.monotonic() - self.told_at > PROGRESS_EVERY_S:
            self.told_at = time.monotonic()
            self.stderr.write(f"{self.counts.total()} files")

    def _tell(self, found: Imported, *, is_dry_run: bool) -> None:
        word = found.change.value if is_dry_run else WORDS.get(found.change, found.change.value)
        self._line(found.path, word, found.reason or _same(found))

    def _follow(self, versions: dict[int, str]) -> None:
        """Print the state in which every file ends, those of attachments too."""
        told: set[int] = set()
        quiet_since = time.monotonic()
        while True:
            runs = list(_runs(versions))
            ended = [run for run in runs if run.state not in UNFINISHED and run.pk not in told]
            for run in ended:
                known = versions.get(run.version_id, "")
                held = dict.fromkeys(reason["detail"] for reason in run.held_for) if run.state == HELD else ()
                reasons = (known, run.failure, run.hint, *held, *([] if run.failure else run.warnings))
                self._line(run.version.document.path, run.state, " ".join(filter(None, reasons)))
                told.add(run.pk)
            if len(told) == len(runs):
                return
            if ended or any(run.state == IngestionRun.State.RUNNING for run in runs):
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE_S:
                _require_a_worker()
                quiet_since = time.monotonic()
            time.sleep(POLL_S)

    def _line(self, path: str, state: str, reason: str) -> None:
        self.stdout.write("\t".join(_plain(part) for part in (path, state, reason) if part))


def _same(found: Imported) -> str:
    return f"same bytes as {found.same_as}" if found.same_as else ""


def _stored(path: str) -> str:
    """The path as documents have it, also of a file that was refused."""
    try:
        return uploads.plain_path(path)
    except uploads.UploadRefused:
        return path


def _plain(text: str) -> str:
    """`text` with its control and direction characters spelled out: names in archives are strangers' words."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter)[0] == "C" else letter
        for letter in text
    )


def _agreed(question: str) -> bool:
    """Whether somebody typed yes. Where the answer was no typed line, the next sentence begins on a line of its own."""
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if not sys.stdin.isatty():
        print()  # nobody pressed Enter behind the question
    return answer.strip().lower() == "yes"


def _counted(receipt: uploads.Receipt) -> str:
    versions = ngettext("%(n)d version", "%(n)d versions", receipt.versions) % {"n": receipt.versions}
    passages = ngettext("%(n)d passage", "%(n)d passages", receipt.passages) % {"n": receipt.passages}
    return f"{versions}, {passages}"


def _runs(versions: dict[int, str]) -> Any:
    attached = Q(version__document__parent__versions__in=versions) | Q(
        version__document__parent__parent__versions__in=versions
    )
    return (
        IngestionRun.objects.filter(Q(version__in=versions) | attached)
        .select_related("version__document")
        .order_by("version__document__path", "pk")
        .distinct()
    )


def _work(versions: list[int]) -> None:
    while versions:
        versions.extend(pipeline.advance(versions.pop(0)))


def _require_a_worker() -> None:
    """Raises CommandError when nobody takes ingestion work."""
    report = health.examine()
    missing = [part for part in report.parts if part.name in ("broker", "worker ingest") and part.state == "broken"]
    if missing:
        raise CommandError(f"{missing[0].message} {missing[0].hint} The files are kept and will be processed then.")
    for version_id in IngestionRun.objects.filter(state=IngestionRun.State.QUEUED).values_list("version", flat=True)[
        :100
    ]:
        # Their messages may have been lost with the broker.
        tasks.ingest.delay_on_commit(version_id)
