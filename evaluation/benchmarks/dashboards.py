"""How long each dashboard takes with a million answers: simulated, in a database of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from django.conf import settings
from django.test import Client
from django.urls import reverse

from evaluation.benchmarks.report import Options, Section, Table
from evaluation.simulating import seeding
from ragapp.accounts.models import Role, RoleAssignment, User

ANSWERS, QUICK_ANSWERS = 1_000_000, 3_000
ROUNDS = 7
PAGES = ("quality", "retrieval", "safety", "cost", "speed", "adoption", "value", "drift", "freshness")
GOAL_MS = 300.0


def run(options: Options) -> Section:
    """Seeds three months of traffic (many minutes for a million), then opens each page for 90 days."""
    answers = QUICK_ANSWERS if options.is_quick else ANSWERS
    begun = time.perf_counter()
    seeding.seed(answers=answers)
    seeded_s = time.perf_counter() - begun
    pages = measure()
    slowest = max(times[1] for times in pages.values())
    rows = tuple((name, f"{p50:.0f}", f"{p95:.0f}") for name, (p50, p95) in pages.items())
    return Section(
        name="dashboards",
        figures={
            "answers": answers, "seeded_s": seeded_s, "slowest_p95_ms": slowest, "goal_ms": GOAL_MS,
            "pages_ms": {name: {"p50": p50, "p95": p95} for name, (p50, p95) in pages.items()},
        },
        tables=(
            Table(
                caption=f"Milliseconds of each page over 90 days of {answers:,} simulated answers,"
                f" seeded in {seeded_s:.0f} s; goal: under {GOAL_MS:.0f}",
                header=("page", "median", "95th percentile"),
                rows=rows,
            ),
        ),
    )  # fmt: skip


def measure() -> dict[str, tuple[float, float]]:
    """Median and 95th percentile of each page, through the whole of Django but the server; not the first time."""
    person, _made = User.objects.get_or_create(username="benchmark-reader")
    for role in (Role.REVIEWER, Role.ADMIN):
        RoleAssignment.objects.get_or_create(user=person, role=role)
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(person)
    paths = {name: reverse("evaluation:board", args=[name]) for name in PAGES}
    paths |= {"answers behind a number": reverse("evaluation:behind")}
    paths |= {"alerts": reverse("evaluation:alerts"), "models": reverse("evaluation:models")}
    return {name: _times(client, path) for name, path in paths.items()}


def _times(client: Client, path: str) -> tuple[float, float]:
    found: list[float] = []
    for place in range(ROUNDS + 1):
        begun = time.perf_counter()
        response = client.get(path, {"days": "90"})
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered with {response.status_code}")
        if place:
            found.append((time.perf_counter() - begun) * 1000)
    return _percentiles(found)


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.quantile(times, [0.5, 0.95])
    return float(p50), float(p95)
