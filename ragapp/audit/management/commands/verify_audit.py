"""manage.py verify_audit: walk the hash chain of the audit log."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import ngettext

from ragapp.audit import chain
from ragapp.audit.models import AuditSeal

LATE = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Check that no audit event was changed or removed after it was sealed. Exit status 1 when one was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--contains",
            metavar="HASH",
            help="also check that this hash, noted down earlier, is part of the chain: it tells a chain "
            "that was cut off at its end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = chain.walk()
        if found.broken:
            raise CommandError(
                f"Link {found.broken.link_id} (event {found.broken.event_id}) is broken: {found.broken.reason}. "
                f"The {found.links} links before it hold."
            )
        noted = options["contains"]
        if noted and not AuditSeal.objects.filter(hash=noted).exists():
            raise CommandError(f"No link has the hash {noted}: the chain was cut off or replaced.")
        self.stdout.write(f"{found.links} sealed events, every link holds. Head: {found.head}")
        said = ngettext("%(n)d event is not sealed yet.", "%(n)d events are not sealed yet.", found.unsealed)
        self.stdout.write(said % {"n": found.unsealed})
        if found.oldest_unsealed and timezone.now() - found.oldest_unsealed > LATE:
            self.stdout.write(
                f"The oldest of them is from {found.oldest_unsealed:%Y-%m-%d %H:%M} UTC: sealing does not run. "
                "Start the worker and beat, then look again."
            )
