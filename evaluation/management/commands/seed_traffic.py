"""manage.py seed_traffic: months of simulated questions for the dashboards, questions asked now, and their removal."""

import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation import canaries
from evaluation.models import Canary, Simulation
from evaluation.simulating import asking, seeding
from ragapp.accounts.models import User
from ragapp.llm import deployments

LARGEST = 1_000_000
PEOPLE, ASKERS = 300, 60


class Command(BaseCommand):
    help = (
        "Fill the dashboards with SIMULATED traffic of three months, or remove it. People, groups, releases and "
        "answers are named as simulated, and every dashboard says so. Nothing is written to the ledger of model calls."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--answers", type=int, default=20_000, help="how many in all (default 20000)")
        parser.add_argument("--days", type=int, default=91, help="up to yesterday (default 91)")
        parser.add_argument("--people", type=int, help="who ask (default 300, with --ask 60)")
        parser.add_argument("--seed", type=int, default=0, help="another number gives other traffic")
        parser.add_argument(
            "--ask", type=int, metavar="N",
            help="instead of seeding: simulated people ask N questions about the sample documents now, for real, "
            "through the release that answers each of them; with a language model this costs what it costs",
        )  # fmt: skip
        parser.add_argument("--as", dest="username", default="employee", help="whose groups they have (with --ask)")
        parser.add_argument("--remove", action="store_true", help="take all simulated traffic out again")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        if options["people"] is None:
            options["people"] = ASKERS if options["ask"] else PEOPLE
        if options["remove"]:
            removed = seeding.remove(self.stdout.write)
            self.stdout.write(f"{removed} simulated answers removed in {time.perf_counter() - started:.0f} s.")
            return
        if settings.PRODUCTION:
            raise CommandError("This site is in production: simulated traffic would stand among what people ask.")
        if options["ask"] is not None:
            self._ask(options)
            return
        if Simulation.objects.exclude(release_ids=[]).exists():
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

    def _ask(self, options: dict[str, Any]) -> None:
        like = User.objects.filter(username=options["username"], is_active=True).first()
        if like is None:
            raise CommandError(f"There is no active person named {options['username']}. Name one: --as USER.")
        if not 1 <= options["ask"] <= LARGEST or options["people"] < 1:
            raise CommandError(f"1 to {LARGEST} questions, at least one person.")
        self.stdout.write(
            f"Answered by {', '.join(target.name for target in deployments.usable())}."
            if deployments.usable()
            else "No language model is configured in this shell, so wordings make no difference."
        )
        canary, by_release = canaries.running(), Counter[str]()
        for asked in asking.ask(questions=options["ask"], people=options["people"], like=like, seed=options["seed"]):
            by_release[asked.release] += 1
            if asked.number % 10 == 0 or asked.number == options["ask"]:
                shares = ", ".join(f"{count} by {release}" for release, count in by_release.most_common())
                self.stdout.write(f"{asked.number} of {options['ask']} SIMULATED questions asked: {shares}")
        if canary is not None:
            canary = Canary.objects.get(pk=canary.pk)
            self.stdout.write(f"Canary of {canary.candidate}, {canary.get_state_display()}: {canary.because}")
