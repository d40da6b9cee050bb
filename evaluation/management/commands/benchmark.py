"""manage.py benchmark SECTION: speed and quality, measured beside others in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from evaluation.benchmarks.report import NotMeasurable, Options, Section, machine, markdown
from ragapp.embedded import services

SECTIONS = (
    "retrieval", "index", "embed", "parse", "pii", "followups", "sufficiency", "support", "guards", "chat",
    "dashboards",
)  # fmt: skip
# They measure on the sample corpus of this repository.
WITHOUT_DATA = frozenset({"followups", "chat", "dashboards"})
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


class Command(BaseCommand):
    """Starts PostgreSQL and Redis of its own in a temporary folder, measures there and removes them again."""

    # They look at this site; a clone that was never started has none, and may measure.
    requires_system_checks = []
    help = "Measure speed and quality on public collections, beside other systems, without touching this site's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sections", nargs="+", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
        parser.add_argument("--data", type=Path, default=DATA, help="folder of the test collections")
        parser.add_argument("--quick", action="store_true", help="a small sample, to see that it works")
        parser.add_argument("--no-peers", action="store_true", help="only our own side")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        # Given to the process that measures, which works on services of its own.
        parser.add_argument("--here", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["data"].is_dir() and not WITHOUT_DATA.issuperset(options["sections"]):
            raise CommandError(f"{options['data']} is no folder. Name the folder of the collections with --data.")
        if not options["here"]:
            with _services() as environment:
                if options["sections"] == ["chat"]:
                    environment["RAGAPP_DATABASE_POOL"] = "24"  # as a web process has it
                done = subprocess.run([sys.executable, *sys.argv, "--here"], env=environment, check=False)
            if done.returncode:
                raise CommandError("The benchmark did not finish.", returncode=done.returncode)
            return
        chosen = Options(data=options["data"].resolve(), is_quick=options["quick"], peers=not options["no_peers"])
        before = machine()
        for name in options["sections"]:
            self.stderr.write(f"{name}: measuring")
            try:
                section: Section = import_module(f"evaluation.benchmarks.{name}").run(chosen)
            except NotMeasurable as error:
                raise CommandError(f"{name}: {error}") from error
            if options["json"]:
                self.stdout.write(json.dumps({"section": name, "machine": before, "figures": dict(section.figures)}))
            else:
                self.stdout.write(f"## {name}\n\n{before}\n\n{markdown(section)}\n")


@contextmanager
def _services() -> Iterator[dict[str, str]]:
    """The environment of a site that exists only while this block runs."""
    with tempfile.TemporaryDirectory(prefix="ragapp-benchmark-") as folder:
        data = Path(folder) / "data"
        services.start(data)
        try:
            environment = os.environ | services.environment(data)
            environment |= {
                "RAGAPP_DATA_DIR": str(data),
                "RAGAPP_MODELS_DIR": str(settings.MODELS_DIR),
                "RAGAPP_AS_OWNER": "1",
            }
            # As a site is installed: pages name their files by what is in them.
            for step in (["migrate"], ["collectstatic", "--no-input"]):
                subprocess.run([sys.executable, sys.argv[0], *step, "--verbosity", "0"], env=environment, check=True)
            yield environment
        finally:
            services.reset(data)
