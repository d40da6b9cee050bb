"""Background work on documents: each task takes an id, makes one call and may run twice."""

from __future__ import annotations

from documents import indexes
from documents.ingestion import lease, pipeline
from ragapp.queues import ingest_task, quick_task


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


@quick_task
def refresh_statistics() -> None:
    """Count lexemes anew where passages have changed."""
    indexes.refresh_stale()
