"""The sign of life of beat: it sends this, and the worker of the default queue runs it."""

from celery import shared_task

from ragapp.monitoring import heartbeats


@shared_task(ignore_result=True, expires=30)
def beat() -> None:
    """Proves beat, broker and worker at once. Safe to run twice."""
    heartbeats.give_sign(heartbeats.BEAT)
