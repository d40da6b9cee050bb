"""Who works on a row: the row in PostgreSQL is the truth about the work, the queue only a hint.

A worker takes the row with a lease and counts the attempt before it begins; it renews the lease while it works. Whoever
has lost the lease writes nothing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from documents.models.lease import Leased as Leased

# The states of every kind of work that matter here.
QUEUED, RUNNING = "queued", "running"
Work = TypeVar("Work", bound=Leased)


class LeaseLost(Exception):
    """The work belongs to someone else now, was ended, or its row is gone."""


def is_free(now: datetime) -> Q:
    """It waits, was let go of, or its worker has fallen silent."""
    return Q(state=QUEUED) | Q(state=RUNNING, lease_until=None) | Q(state=RUNNING, lease_until__lt=now)


def claim(
    rows: QuerySet[Work], *, lease: timedelta, attempts_max: int, when: Q | None = None, **fields: object
) -> Work | None:
    """Take the one of `rows` that is free, and set `fields`; None when there is none. The attempt is counted.

    `when`: what else has to hold of it beforehand.
    """
    now, token = timezone.now(), uuid4().hex
    free = rows.filter(is_free(now), when or Q(), attempts__lt=attempts_max)
    taken = free.update(
        state=RUNNING,
        attempts=F("attempts") + 1,
        worker=token,
        heartbeat_at=now,
        lease_until=now + lease,
        **fields,
    )
    return rows.filter(worker=token).first() if taken else None


def ours(row: Work) -> QuerySet[Work]:
    """The row, as long as it belongs to the worker that holds `row`."""
    rows: QuerySet[Work] = type(row)._default_manager.all()
    return rows.filter(pk=row.pk, worker=row.worker, state=RUNNING)


def hold(row: Leased) -> None:
    """Lock the row for this transaction. Raises LeaseLost."""
    if not ours(row).select_for_update().exists():
        raise LeaseLost


def renew(row: Leased, *, lease: timedelta, **fields: object) -> None:
    """Say that the work goes on, and set `fields`. Raises LeaseLost."""
    now = timezone.now()
    if not ours(row).update(heartbeat_at=now, lease_until=now + lease, **fields):
        raise LeaseLost


def let_go(row: Leased, **fields: object) -> bool:
    """Set `fields`, among them mostly the state, and belong to nobody. False when the row was not ours any more."""
    return bool(ours(row).update(worker="", lease_until=None, **fields))


def silent(rows: QuerySet[Work], *, attempts_min: int = 0) -> QuerySet[Work]:
    """Those whose worker let the lease run out, taken up at least `attempts_min` times."""
    return rows.filter(state=RUNNING, lease_until__lt=timezone.now(), attempts__gte=attempts_min)


def to_hint_at(rows: QuerySet[Work], *, every: timedelta, first: Q | None = None) -> QuerySet[Work]:
    """Those of `rows` that wait and whose message may be lost; what has fallen silent is put back among them before.

    While a row waits, its lease is the time until which its message is believed to be on its way: `every`, from now.
    `first`: what has to hold of one that was never hinted at.
    """
    now = timezone.now()
    silent(rows).update(state=QUEUED, worker="")
    quiet = rows.filter(Q(lease_until=None) & (first or Q()) | Q(lease_until__lt=now), state=QUEUED)
    found = rows.filter(pk__in=list(quiet.values_list("pk", flat=True)))
    found.filter(state=QUEUED).update(lease_until=now + every)
    return found
