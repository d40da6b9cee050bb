"""manage.py import_corpus PATH --collection NAME: put a file, a folder or an archive into a collection."""

from __future__ import annotations

import time
import unicodedata
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from documents import archives, indexes, tasks, uploads
from documents.ingestion import pipeline
from documents.models import Collection, IndexVersion, IngestionRun
from ragapp.accounts.models import User
from ragapp.monitoring import health

# How long nothing may happen before the worker is asked after.
PATIENCE_S, POLL_S = 10.0, 0.5
HELD = IngestionRun.State.HELD
UNFINISHED = (IngestionRun.State.QUEUED, IngestionRun.State.RUNNING)


class Command(BaseCommand):
    """Prints one line per file: path, state, reason."""

    help = "Put a file, a folder or an archive into a collection, which is created when it is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--collection", required=True, metavar="NAME")
        parser.add_argument(
            "--as", dest="user", default="admin", metavar="USER", help="who uploads; admin if not given"
        )
        parser.add_argument("--wait", action="store_true", help="wait until every file is ready or has failed")
        parser.add_argument("--inline", action="store_true", help="do the work in this process, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active person called {options['user']}. Name one with --as.")
        if not options["path"].exists():
            raise CommandError(f"{options['path']} does not exist.")
        collection = Collection.objects.filter(name=options["collection"]).first()
        if collection is None:
            collection = uploads.create_collection(options["collection"], by=user)
        is_followed = options["wait"] or options["inline"]
        versions = self._accept(options["path"], collection, user, is_followed=is_followed)
        if options["inline"]:
            _work(list(versions))
        if is_followed:
            self._follow(versions)
            for index in IndexVersion.objects.filter(is_stale=True):
                indexes.refresh_statistics(index)

    def _accept(self, path: Path, collection: Collection, user: User, *, is_followed: bool) -> dict[int, str]:
        """The ids of the versions to follow, with what their line says beside the state in which they end.

        Files of which nothing is to be followed have their line at once.
        """
        waiting: dict[int, str] = {}
        try:
            for found in archives.files_of(path, most_bytes=settings.MAX_UPLOAD_MB * 1024**2):
                if found.refused:
                    self._line(found.path, "refused", found.refused)
                    continue
                try:
                    accepted = uploads.accept(collection, name=found.path, content=found.content, by=user)
                except uploads.UploadRefused as refused:
                    self._line(found.path, "refused", f"{refused.message} {refused.hint}")
                    continue
                reason = f"same bytes as {accepted.same_as}" if accepted.same_as else ""
                if is_followed:
                    waiting[accepted.version.pk] = "unchanged" if accepted.is_unchanged else reason
                else:
                    self._line(found.path, "unchanged" if accepted.is_unchanged else "queued", reason)
        except archives.UnreadableArchive as error:
            raise CommandError(str(error)) from error
        return waiting

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


def _plain(text: str) -> str:
    """`text` with its control and direction characters spelled out: names in archives are strangers' words."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter)[0] == "C" else letter
        for letter in text
    )


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
