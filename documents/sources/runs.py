"""Who works on a check: the row in PostgreSQL is the truth about it, the queue only a hint.

A worker takes a check for a few seconds at a time, with a lease that it renews before each address. Attempts count the
times that a worker fell silent; each slice that ends well sets them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from documents import leases
from documents.models import Source, SyncItem, SyncRun
from ragapp.accounts.models import User

State = SyncRun.State
Outcome = SyncItem.Outcome

ACTIVE = (State.QUEUED, State.RUNNING, State.ASKS)
# Longer than one address may take.
LEASE = timedelta(seconds=180)
# A worker waits for a site so long itself; longer rests leave it to others.
WAIT_MAX_S = 2.0
KEPT_RUNS = 30
GAVE_UP = "This check stopped its worker three times."
GAVE_UP_HINT = "Check again; if it stops again, ask an administrator to look at the log."
STEPS = {
    Source.Schedule.HOURLY: timedelta(hours=1),
    Source.Schedule.DAILY: timedelta(days=1),
    Source.Schedule.WEEKLY: timedelta(weeks=1),
}
# What was missed once is looked at again soon.
CONFIRM_AFTER = timedelta(hours=1)


def start(source: Source, *, by: User | None, is_dry: bool = False, pages_max: int = 0) -> SyncRun | None:
    """A check that waits to be worked on; None when one is under way already, or waits for an answer."""
    try:
        with transaction.atomic():
            return SyncRun.objects.create(
                source=source, started_by=by, is_dry=is_dry, pages_max=pages_max or source.pages_max
            )
    except IntegrityError:
        return None


def start_due() -> list[int]:
    """Start what is due; the ids of all checks that should be hinted at."""
    now = timezone.now()
    due = Source.objects.filter(is_enabled=True, next_check_at__lte=now).exclude(runs__state__in=ACTIVE)
    for source in due:
        start(source, by=None)
    checks = SyncRun.objects.select_related("source")
    for run in leases.silent(checks, attempts_min=settings.INGEST_MAX_ATTEMPTS):
        end(run, State.FAILED, failure=GAVE_UP, hint=GAVE_UP_HINT)
    free = checks.filter(leases.is_free(now), _has_rested(now), attempts__lt=settings.INGEST_MAX_ATTEMPTS)
    return list(free.order_by("pk").values_list("pk", flat=True))


def claim(run_id: int) -> SyncRun | None:
    """Take the check, if nobody works on it. The attempt is counted before anything is done."""
    now = timezone.now()
    return leases.claim(
        SyncRun.objects.select_related("source__collection", "source__owner").filter(pk=run_id),
        lease=LEASE,
        attempts_max=settings.INGEST_MAX_ATTEMPTS,
        when=_has_rested(now),
        started_at=Coalesce("started_at", now),
    )


def renew(run: SyncRun) -> None:
    """Say that the work goes on. Raises LeaseLost."""
    leases.renew(run, lease=LEASE)


def release(run: SyncRun, *, rests_until: datetime | None) -> None:
    """Let go of a check that is not at its end; nobody takes it before `rests_until`."""
    leases.let_go(run, attempts=0, rests_until=rests_until, robots=run.robots)


def rest_s(run_id: int) -> float:
    """Seconds that a check which nobody works on still has to rest; 0 when it does not."""
    until = (
        SyncRun.objects.filter(pk=run_id, state=State.RUNNING, lease_until__isnull=True)
        .values_list("rests_until", flat=True)
        .first()
    )
    return max((until - timezone.now()).total_seconds(), 0.0) if until else 0.0


def end(run: SyncRun, state: SyncRun.State, *, failure: str = "", hint: str = "", misses: bool = False) -> None:
    """The check is over, for now or for good. Counts are kept, the next one is planned."""
    now = timezone.now()
    with transaction.atomic():
        done = SyncRun.objects.filter(pk=run.pk, state__in=ACTIVE, worker=run.worker).update(
            state=state,
            failure=failure[:500],
            hint=hint[:500],
            counts=counts(run),
            worker="",
            lease_until=None,
            robots={},
            finished_at=now,
        )
        if done and not run.is_dry:
            Source.objects.filter(pk=run.source_id).update(
                last_checked_at=now, next_check_at=next_check(run.source, now, misses=misses)
            )
            _forget_old(run.source)


def cancel(run: SyncRun) -> bool:
    """End a check whoever works on it; the next comes when it would have come. False when it was over."""
    now = timezone.now()
    with transaction.atomic():
        done = SyncRun.objects.filter(pk=run.pk, state__in=ACTIVE).update(
            state=State.CANCELLED, worker="", lease_until=None, robots={}, finished_at=now, counts=counts(run)
        )
        if done and not run.is_dry:
            Source.objects.filter(pk=run.source_id).update(next_check_at=next_check(run.source, now))
    return bool(done)


def next_check(source: Source, now: datetime, *, misses: bool = False) -> datetime | None:
    """When `source` is to be checked again, None for never. What `misses` documents is looked at again sooner."""
    step = STEPS.get(Source.Schedule(source.schedule))
    return now + (min(step, CONFIRM_AFTER) if misses else step) if step else None


def counts(run: SyncRun) -> dict[str, int]:
    """How many addresses had which outcome; "" for those that are still to do. Sitemaps count only when they failed."""
    found = run.items.exclude(Q(is_sitemap=True) & ~Q(outcome=Outcome.FAILED))
    rows: Mapping[str, int] = dict(found.order_by().values_list("outcome").annotate(Count("pk")))
    return dict(rows)


def _has_rested(now: datetime) -> Q:
    return Q(rests_until=None) | Q(rests_until__lte=now + timedelta(seconds=WAIT_MAX_S))


def _forget_old(source: Source) -> None:
    """The last checks are kept, and of all but the last only what happened."""
    kept = list(source.runs.order_by("-pk").values_list("pk", flat=True)[:KEPT_RUNS])
    source.runs.exclude(pk__in=kept).delete()
    quiet = (Outcome.UNCHANGED, Outcome.SKIPPED)
    SyncItem.objects.filter(run__in=kept[1:], outcome__in=quiet).delete()
