"""Background work on sources: each task takes an id, makes one call and may run twice."""

from __future__ import annotations

from documents.sources import runs, sync
from ragapp.queues import quick_task


@quick_task
def check(run_id: int) -> None:
    """Take a check on for a few seconds; others have their turn before it goes on."""
    if sync.advance(run_id):
        check.delay_on_commit(run_id)
    elif rest_s := runs.rest_s(run_id):
        check.later_on_commit(rest_s, run_id)


@quick_task
def start_due() -> None:
    """Start the checks that are due, and hint again at those whose worker fell silent or whose site wanted a rest."""
    for run_id in runs.start_due():
        check.delay_on_commit(run_id)
