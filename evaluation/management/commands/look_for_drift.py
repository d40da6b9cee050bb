"""manage.py look_for_drift: compares weeks with the weeks before them, as beat does every night."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from evaluation.drift import looking


class Command(BaseCommand):
    help = (
        "Compare the week that ended yesterday with the four before it; with --days also the weeks that ended before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=1, help="so many days, up to yesterday (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        last = timezone.localdate() - timedelta(days=1)
        for back in reversed(range(options["days"])):
            day = last - timedelta(days=back)
            found = looking.look(day)
            for one in found:
                sign = "MOVED" if one.is_drift else "as before"
                said = f"effect {one.effect:.3f} threshold {one.threshold:.3f} p {one.p:.4f}"
                self.stdout.write(f"{day} {one.signal:<12} {sign:<10} {said} n {one.n_now} / {one.n_before}")
            if not found:
                self.stdout.write(f"{day} fewer than 200 answers in one of the two periods")
