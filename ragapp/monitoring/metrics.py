"""Every counter and histogram of the product, declared once. Labels hold names from small fixed sets only.

Counters live in the process that counts. With more than one web process set PROMETHEUS_MULTIPROC_DIR to a folder that
they share, empty or not there before the first of them, and `exposition` adds them up.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import DatabaseError
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

if SHARED := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(SHARED).mkdir(parents=True, exist_ok=True)

Counted = Callable[[], Mapping[str, float]]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)

REQUESTS = Counter("ragapp_requests_total", "Requests by route and status", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("ragapp_request_seconds", "Time until the response started", ["route"], buckets=_SECONDS)
STAGE_SECONDS = Histogram(
    "ragapp_stage_seconds", "Time of a stage of ingestion or answering", ["stage"], buckets=_SECONDS
)
LLM_CALLS = Counter("ragapp_llm_calls_total", "Calls of a language model by outcome", ["task", "outcome"])
LLM_DEPLOYMENT_CALLS = Counter(
    "ragapp_llm_deployment_calls_total", "Calls of a deployment by outcome", ["deployment", "outcome"]
)
LLM_FIRST_WORD_SECONDS = Histogram(
    "ragapp_llm_first_word_seconds", "Time until a deployment's first word", ["deployment"], buckets=_SECONDS
)
LLM_COST = Counter("ragapp_llm_cost_usd_total", "US dollars, where the price is known", ["deployment"])
LLM_TOKENS = Counter("ragapp_llm_tokens_total", "Tokens by direction", ["direction"])


# What the database knows better than any process: counted when somebody asks.
_at_scrape: dict[str, tuple[str, str, Counted]] = {}


def at_scrape(name: str, description: str, *, label: str) -> Callable[[Counted], Counted]:
    """Declare a gauge: the function gives a value for each value of `label`."""

    def declare(count: Counted) -> Counted:
        _at_scrape[name] = (description, label, count)
        return count

    return declare


def exposition(parts: dict[str, bool]) -> tuple[bytes, str]:
    """The text for Prometheus and its content type; `parts` says of each part of the system whether it works."""
    registry = CollectorRegistry()
    if SHARED:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = generate_latest(registry)
    else:
        counted = generate_latest(REGISTRY)
    now = CollectorRegistry()
    part_up = Gauge("ragapp_part_up", "1 when a part of the system works", ["part"], registry=now)
    for name, works in parts.items():
        part_up.labels(part=name).set(works)
    for name, (description, label, count) in _at_scrape.items():
        try:
            values = count()
        except DatabaseError:
            # `ragapp_part_up` says that the database is away; the other figures are still worth having.
            continue
        gauge = Gauge(name, description, [label], registry=now)
        for value, number in values.items():
            gauge.labels(**{label: value}).set(number)
    return counted + generate_latest(now), CONTENT_TYPE_LATEST
