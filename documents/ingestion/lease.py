"""Who works on a version: the row in PostgreSQL is the truth about the work, the queue only a hint.

A worker takes the row with a lease and counts the attempt before it begins; it renews the lease while it works. Whoever
has lost the lease writes nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from documents.ingestion.errors import Reason
from documents.models import Document, IngestionRun

logger = logging.getLogger(__name__)

Stage = IngestionRun.Stage
State = IngestionRun.State

GAVE_UP = "Processing this file stopped its worker three times."
GAVE_UP_HINT = "Save it in another format, or split it, and upload that. An administrator can see more in the log."


class LeaseLost(Exception):
    """The work belongs to someone else now, or its document was deleted."""


def claim(version_id: int) -> IngestionRun | None:
    """Take the work, if it waits or its worker has fallen silent. The attempt is counted before anything is done."""
    now, token = timezone.now(), uuid4().hex
    taken = (
        IngestionRun.objects.filter(version=version_id, attempts__lt=settings.INGEST_MAX_ATTEMPTS)
        .filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now))
        .update(
            state=State.RUNNING,
            attempts=F("attempts") + 1,
            worker=token,
            heartbeat_at=now,
            lease_until=now + _lease(),
            failure="",
            hint="",
            finished_at=None,
        )
    )
    if not taken:
        return None
    return IngestionRun.objects.filter(version=version_id, worker=token).first()


def requeue_expired() -> list[int]:
    """Give up runs that stopped their worker too often; the versions of all others that should be hinted at again.

    Those are runs whose worker fell silent, and runs that have waited so long that their message may be lost.
    """
    now = timezone.now()
    silent = IngestionRun.objects.filter(state=State.RUNNING, lease_until__lt=now)
    silent.filter(attempts__gte=settings.INGEST_MAX_ATTEMPTS).update(
        state=State.FAILED, failure=GAVE_UP, hint=GAVE_UP_HINT, worker="", finished_at=now
    )
    silent.update(state=State.QUEUED, worker="")
    waiting = IngestionRun.objects.filter(state=State.QUEUED).filter(
        Q(lease_until__isnull=True, queued_at__lt=now - _lease()) | Q(lease_until__lt=now)
    )
    versions = list(waiting.order_by("pk").values_list("version", flat=True))
    # While it waits, the lease is the time until which the message is believed to be on its way.
    IngestionRun.objects.filter(version__in=versions, state=State.QUEUED).update(lease_until=now + 10 * _lease())
    return versions


@contextmanager
def heartbeat(run: IngestionRun) -> Iterator[None]:
    """Renew the lease from a second thread until the block ends."""
    done = Event()
    thread = Thread(target=_beat, args=(run.pk, run.worker, done), name="ingestion-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(run_id: int, worker: str, done: Event) -> None:
    try:
        while not done.wait(settings.INGEST_LEASE_S / 3):
            now = timezone.now()
            _ours(run_id, worker).update(heartbeat_at=now, lease_until=now + _lease())
    except Exception:
        # Without a heartbeat the lease runs out and another worker takes over: nothing is lost.
        logger.exception("ingestion.heartbeat_failed", extra={"run": run_id})
    finally:
        connection.close()


def _ours(run_id: int, worker: str) -> QuerySet[IngestionRun]:
    return IngestionRun.objects.filter(pk=run_id, worker=worker, state=State.RUNNING)


def hold(run: IngestionRun) -> None:
    """Lock the run for this transaction. Raises LeaseLost when it is not ours any more."""
    if not _ours(run.pk, run.worker).select_for_update().exists():
        raise LeaseLost


def lock(document: Document) -> Document:
    """The document's row, locked as deleting does it first. Raises LeaseLost when it was deleted."""
    found = Document.objects.select_for_update(of=("self",)).filter(pk=document.pk).first()
    if found is None:
        raise LeaseLost
    return found


def _save(run: IngestionRun, **fields: object) -> None:
    if not _ours(run.pk, run.worker).update(**fields):
        raise LeaseLost


def enter(run: IngestionRun, stage: IngestionRun.Stage) -> None:
    run.stage = stage
    _save(run, stage=stage, stage_ms=run.stage_ms, warnings=run.warnings, unread_pages=run.unread_pages)


def finish(run: IngestionRun) -> None:
    _save(
        run,
        state=State.READY,
        stage_ms=run.stage_ms,
        warnings=run.warnings,
        unread_pages=run.unread_pages,
        finished_at=timezone.now(),
        lease_until=None,
        worker="",
    )


def fail(run: IngestionRun, message: str, hint: str) -> None:
    _ours(run.pk, run.worker).update(
        state=State.FAILED,
        failure=message[:500],
        hint=hint[:500],
        stage_ms=run.stage_ms,
        warnings=run.warnings,
        unread_pages=run.unread_pages,
        finished_at=timezone.now(),
        lease_until=None,
        worker="",
    )


def hold_back(run: IngestionRun, reasons: Iterable[Reason]) -> None:
    """Leave the version to a person. Reasons of another kind, released before, stay beside the new ones."""
    new = [asdict(reason) for reason in reasons]
    kinds = {reason["kind"] for reason in new}
    _ours(run.pk, run.worker).update(
        state=State.HELD,
        held_for=[reason for reason in run.held_for if reason["kind"] not in kinds] + new,
        released_by=None,
        released_at=None,
        stage_ms=run.stage_ms,
        warnings=run.warnings,
        unread_pages=run.unread_pages,
        finished_at=timezone.now(),
        lease_until=None,
        worker="",
    )


def _lease() -> timedelta:
    return timedelta(seconds=settings.INGEST_LEASE_S)
