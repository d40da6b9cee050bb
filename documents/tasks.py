"""Background work on documents: each task takes an id, makes one call and may run twice."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from documents import conflicts, indexes
from documents.indexes import removing, reports
from documents.ingestion import lease, meanings, pipeline, rebuild
from ragapp.queues import evaluate_task, ingest_task, quick_task


@ingest_task
def ingest(version_id: int) -> None:
    """Take a version through the stages that are left, then its attachments."""
    for attached in pipeline.advance(version_id):
        ingest.delay_on_commit(attached)


@quick_task
def requeue_expired() -> None:
    """Hint again at work whose worker fell silent or whose message was lost."""
    for version_id in lease.requeue_expired():
        ingest.delay_on_commit(version_id)


@evaluate_task
def compare(extraction_id: int) -> None:
    """Find what a document states differently from others."""
    conflicts.compare(extraction_id)


@quick_task
def compare_waiting() -> None:
    """Hint at documents that changed and have not been compared yet."""
    for extraction_id in conflicts.waiting():
        compare.delay_on_commit(extraction_id)


@ingest_task
def take_in(incoming_id: str) -> None:
    """Take in a file that has arrived, or unpack an archive; one that takes longer than a task may goes on later."""
    # Here, since those who queue this work are what it calls.
    from documents import unpacking

    unpacking.work(UUID(incoming_id))


@quick_task
def tend_incoming() -> None:
    """Hint again at what has arrived and waits, and forget what nobody went on with."""
    from documents import incoming, unpacking

    incoming.expire(now=timezone.now())
    for incoming_id in unpacking.sweep():
        take_in.delay_on_commit(incoming_id)


@quick_task
def refresh_statistics() -> None:
    """Count lexemes anew where passages have changed."""
    indexes.refresh_stale()


@evaluate_task
def build_index(index_id: int) -> None:
    """Fill an index version for a while, behind everything else."""
    if rebuild.in_background(lambda: rebuild.advance(index_id)):
        build_index.delay_on_commit(index_id)


@quick_task
def keep_indexes() -> None:
    """Hint at builds that wait or fell silent, and at versions that documents are missing in."""
    for index_id in rebuild.due():
        build_index.delay_on_commit(index_id)
    for report_id in reports.due():
        make_report.delay_on_commit(report_id)


@evaluate_task
def make_meanings() -> None:
    """Compute the vectors of sentences for a while, behind everything else."""
    if rebuild.in_background(meanings.make):
        make_meanings.delay_on_commit()


@evaluate_task
def remove_indexes() -> None:
    """Give up what was retired long ago, and remove the rows of what was given up."""
    removing.give_up_expired()
    for index in removing.unswept():
        removing.sweep(index)


@evaluate_task
def make_report(report_id: int) -> None:
    """Compare two index versions, or advise on one."""
    reports.make(report_id)


@quick_task
def advise_on_index() -> None:
    """Once a day; the page shows the latest."""
    reports.advise_on_live(by=None)
