"""manage.py seed_traffic: months of simulated questions for the dashboards, and their removal."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.models import Simulation
from evaluation.simulating import seeding

LARGEST = 1_000_000


class Command(BaseCommand):
    help = (
        "Fill the dashboards with SIMULATED traffic of three months, or remove it. People, groups, releases and "
        "answers are named as simulated, and every dashboard says so. Nothing is written to the ledger of model calls."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--answers", type=int, default=20_000, help="how many in all (default 20000)")
        parser.add_argument("--days", type=int, default=91, help="up to yesterday (default 91)")
        parser.add_argument("--people", type=int, default=300, help="who ask (default 300)")
        parser.add_argument("--seed", type=int, default=0, help="another number gives other traffic")
        parser.add_argument("--remove", action="store_true", help="take all simulated traffic out again")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        if options["remove"]:
            removed = seeding.remove(self.stdout.write)
            self.stdout.write(f"{removed} simulated answers removed in {time.perf_counter() - started:.0f} s.")
            return
        if settings.PRODUCTION:
            raise CommandError("This site is in production: simulated traffic would stand among what people ask.")
        if Simulation.objects.exists():
            raise CommandError("There is simulated traffic already. Remove it first: manage.py seed_traffic --remove")
        if not 1 <= options["answers"] <= LARGEST or not 1 <= options["days"] <= 730 or options["people"] < 1:
            raise CommandError(f"1 to {LARGEST} answers, 1 to 730 days, at least one person.")
        made = seeding.seed(
            answers=options["answers"], days=options["days"], people=options["people"], seed=options["seed"],
            report=self.stdout.write if options["verbosity"] > 1 else lambda line: None,
        )  # fmt: skip
        self.stdout.write(
            f"{made.answers} SIMULATED answers of {options['days']} days in {time.perf_counter() - started:.0f} s. "
            "Take them out again with: manage.py seed_traffic --remove"
        )
