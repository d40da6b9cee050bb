"""Who works on a version, what it has come to, and how its work ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from threading import Event, Thread

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from documents import announcing, leases
from documents.ingestion.errors import Reason
from documents.leases import LeaseLost
from documents.models import Document, IngestionRun
from ragapp.webhooks.models import Event as HeardOf

logger = logging.getLogger(__name__)

Stage = IngestionRun.Stage
State = IngestionRun.State

GAVE_UP = "Processing this file stopped its worker three times."
GAVE_UP_HINT = "Save it in another format, or split it, and upload that. An administrator can see more in the log."


def claim(version_id: int) -> IngestionRun | None:
    """Take the work, if it waits or its worker has fallen silent. The attempt is counted before anything is done."""
    return leases.claim(
        IngestionRun.objects.filter(version=version_id),
        lease=_lease(),
        attempts_max=settings.INGEST_MAX_ATTEMPTS,
        failure="",
        hint="",
        finished_at=None,
    )


def requeue_expired() -> list[int]:
    """Give up runs that stopped their worker too often; the versions of all others that should be hinted at again.

    Those are runs whose worker fell silent, and runs that have waited so long that their message may be lost.
    """
    now, runs = timezone.now(), IngestionRun.objects.all()
    leases.silent(runs, attempts_min=settings.INGEST_MAX_ATTEMPTS).update(
        state=State.FAILED, failure=GAVE_UP, hint=GAVE_UP_HINT, worker="", finished_at=now
    )
    quiet = leases.to_hint_at(runs, every=10 * _lease(), first=Q(queued_at__lt=now - _lease()))
    return list(quiet.order_by("pk").values_list("version", flat=True))


@contextmanager
def heartbeat(run: IngestionRun) -> Iterator[None]:
    """Renew the lease from a second thread until the block ends."""
    done = Event()
    thread = Thread(target=_beat, args=(run, done), name="ingestion-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(run: IngestionRun, done: Event) -> None:
    try:
        while not done.wait(settings.INGEST_LEASE_S / 3):
            leases.renew(run, lease=_lease())
    except LeaseLost:
        return  # the work itself finds out where it writes
    except Exception:
        # Without a heartbeat the lease runs out and another worker takes over: nothing is lost.
        logger.exception("ingestion.heartbeat_failed", extra={"run": run.pk})
    finally:
        connection.close()


def lock(document: Document) -> Document:
    """The document's row, locked as deleting does it first. Raises LeaseLost when it was deleted."""
    found = Document.objects.select_for_update(of=("self",)).filter(pk=document.pk).first()
    if found is None:
        raise LeaseLost
    return found


def enter(run: IngestionRun, stage: IngestionRun.Stage) -> None:
    """Say that the work has come to `stage`. Raises LeaseLost."""
    run.stage = stage
    if not leases.ours(run).update(stage=stage, **_seen(run)):
        raise LeaseLost


@transaction.atomic
def finish(run: IngestionRun) -> None:
    """It answers. Raises LeaseLost."""
    if not leases.let_go(run, state=State.READY, finished_at=timezone.now(), **_seen(run)):
        raise LeaseLost
    announcing.ended(run.version_id, HeardOf.DOCUMENT_READY)


@transaction.atomic
def fail(run: IngestionRun, message: str, hint: str) -> None:
    """It ended, with a sentence why and one what to do."""
    if leases.let_go(
        run, state=State.FAILED, failure=message[:500], hint=hint[:500], finished_at=timezone.now(), **_seen(run)
    ):
        announcing.ended(run.version_id, HeardOf.DOCUMENT_FAILED)


def hold_back(run: IngestionRun, reasons: Iterable[Reason]) -> None:
    """Leave the version to a person. Reasons of another kind, released before, stay beside the new ones."""
    new = [asdict(reason) for reason in reasons]
    kinds = {reason["kind"] for reason in new}
    leases.let_go(
        run,
        state=State.HELD,
        held_for=[reason for reason in run.held_for if reason["kind"] not in kinds] + new,
        released_by=None,
        released_at=None,
        finished_at=timezone.now(),
        **_seen(run),
    )


def _seen(run: IngestionRun) -> dict[str, object]:
    """What the stages noted on the way."""
    return {name: getattr(run, name) for name in ("stage_ms", "warnings", "unread_pages")}


def _lease() -> timedelta:
    return timedelta(seconds=settings.INGEST_LEASE_S)
