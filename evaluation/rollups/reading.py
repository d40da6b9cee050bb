"""Reads totals: sums over a period, narrowed by release, model, collection and group, one row for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from evaluation.models import Rollup
from evaluation.models.rollup import COUNTED
from evaluation.rollups import buckets
from evaluation.rollups.making import bounds

KEYS = frozenset({"at", "release_id", "model", "collection_id", "group_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Days from `since` to `until`, both included; None narrows by nothing."""

    since: date
    until: date
    release_id: int | None = None
    model: str | None = None
    collection_id: int | None = None
    group_id: int | None = None

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def calendar(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range(self.days)]

    @property
    def before(self) -> Narrowed:
        """The period of the same length before it."""
        return replace(self, since=self.since - timedelta(days=self.days), until=self.since - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The totals of one value of what was grouped by. `key` has them in the order that was asked for."""

    key: tuple[Any, ...]
    counts: Mapping[str, int]
    cost_usd: Decimal
    histograms: Sequence[float] | None

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def share(self, part: str, *wholes: str) -> float | None:
        """`part` of the sum of `wholes`; None where there is nothing to divide by."""
        whole = sum(self.counts[name] for name in wholes)
        return self.counts[part] / whole if whole else None

    def percentile(self, measure: str, share: float) -> float | None:
        return buckets.percentile(self.histograms, measure, share)


NOTHING = Sums(key=(), counts=dict.fromkeys(COUNTED, 0), cost_usd=Decimal(0), histograms=None)


def sums(narrowed: Narrowed, *by: str, grain: str = Rollup.Grain.DAY, histograms: bool = False) -> list[Sums]:
    """One row for each combination of the columns `by` (of KEYS), in their order; one row in all without any.

    Raises ValueError for other columns. `group_id` among `by` gives the groups, which overlap; else everybody, or
    the group that it is narrowed to.
    """
    if not KEYS.issuperset(by):
        raise ValueError(f"totals are not kept by {sorted(set(by) - KEYS)}")
    begin, end = bounds(narrowed.since)[0], bounds(narrowed.until)[1]
    where = ["grain = %s", "at >= %s", "at < %s"]
    values: list[Any] = [str(grain), begin, end]
    if "group_id" in by:
        where.append("group_id <> 0")
    else:
        where.append("group_id = %s")
        values.append(narrowed.group_id or 0)
    for name in ("release_id", "model", "collection_id"):
        if (value := getattr(narrowed, name)) is not None:
            where.append(f"{name} = %s")
            values.append(value)
    columns = [*by, *(f"sum({name})::bigint" for name in COUNTED), "sum(cost_usd)"]
    if histograms:
        columns.append("sum(histograms)::float4[]")
    keys = ", ".join(by)
    sql = f"SELECT {', '.join(columns)} FROM evaluation_rollup WHERE {' AND '.join(where)}"  # noqa: S608  names of ours
    if by:
        sql += f" GROUP BY {keys} ORDER BY {keys}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_sums(row, len(by), histograms) for row in cursor.fetchall() if row[len(by)] is not None]


def total(narrowed: Narrowed, *, histograms: bool = False) -> Sums:
    """Everything in one row."""
    return next(iter(sums(narrowed, histograms=histograms)), NOTHING)


def by_day(narrowed: Narrowed, *, histograms: bool = False) -> list[Sums]:
    """One row for each day of the period, those without answers too; `key` is the date."""
    zone = timezone.get_default_timezone()
    found = {row.key[0].astimezone(zone).date(): row for row in sums(narrowed, "at", histograms=histograms)}
    return [replace(found.get(day, NOTHING), key=(day,)) for day in narrowed.calendar]


def _sums(row: Sequence[Any], keys: int, with_histograms: bool) -> Sums:
    end = keys + len(COUNTED)
    return Sums(
        key=tuple(row[:keys]),
        counts=dict(zip(COUNTED, (int(n) for n in row[keys:end]), strict=True)),
        cost_usd=row[end],
        histograms=row[end + 1] if with_histograms else None,
    )
