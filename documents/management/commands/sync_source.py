"""manage.py sync_source: check a source now, in this process."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.models import Source, SyncItem, SyncRun
from documents.sources import runs, sync

QUIET = (SyncItem.Outcome.UNCHANGED, SyncItem.Outcome.SKIPPED)
PAUSE_S = 0.5
WORKING = (SyncRun.State.QUEUED, SyncRun.State.RUNNING)


class Command(BaseCommand):
    help = "Checks a source and prints what changed. Without an id: lists the sources."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=int, nargs="?")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["source"] is None:
            for each in Source.objects.select_related("collection"):
                self.stdout.write(f"{each.pk}\t{each.collection.name}\t{each.get_kind_display()}\t{each}")
            return
        source = Source.objects.filter(pk=options["source"]).first()
        if source is None:
            raise CommandError("There is no such source. Without an id, this command lists them.")
        run = runs.start(source, by=None, is_dry=options["dry_run"])
        if run is None:
            raise CommandError("A check of this source is under way, or waits for an answer.")
        while run.state in WORKING:
            # False: it is over, the site wants a rest, or a worker has taken it up.
            if not sync.advance(run.pk):
                run.refresh_from_db()
                time.sleep(PAUSE_S if run.state in WORKING else 0)
        for item in run.items.exclude(outcome__in=QUIET).exclude(outcome=""):
            self.stdout.write("\t".join(filter(None, (item.outcome, item.address, item.reason))))
        self.stdout.write(", ".join(f"{name} {count}" for name, count in run.counts.items()) or "nothing")
        if run.failure:
            raise CommandError(f"{run.failure} {run.hint}")
