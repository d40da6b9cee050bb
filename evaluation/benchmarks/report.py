"""What a benchmark section takes and gives, and how it is printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from ragapp.lib.stats import bootstrap_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`data`: folder of test collections; `is_quick`: a sample that shows that it works; `peers`: compare others."""

    data: Path
    is_quick: bool = False
    peers: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells are text, ready to read."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`figures` holds the same results as plain JSON values, unrounded."""

    name: str
    tables: tuple[Table, ...]
    figures: Mapping[str, Any]


class NotMeasurable(Exception):
    """What is missing for this section, and what to do."""


def machine() -> str:
    """Date, processor, cores in use and memory: what figures are worthless without."""
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {cores} cores, {memory:.0f} GB, "
        f"load {load:.1f} before the run"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def with_interval(values: Sequence[float], *, digits: int = 3) -> str:
    """The mean and its 95 % bootstrap interval: ".731 [.690, .772]"."""
    if not values:
        return "not applicable"
    low, high = bootstrap_interval(values)
    return f"{_short(sum(values) / len(values), digits)} [{_short(low, digits)}, {_short(high, digits)}]"


def _short(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.removeprefix("0") if text.startswith("0.") else text.replace("-0.", "-.", 1)


def markdown(section: Section) -> str:
    """The tables as Markdown, as docs/benchmarks.md holds them."""
    parts = []
    for table in section.tables:
        lines = [_row(table.header), _row(["---"] * len(table.header)), *map(_row, table.rows)]
        parts.append("\n".join([f"**{table.caption}**", "", *lines]))
    return "\n\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
