"""The task decorators, one per queue; nothing else in the code base imports Celery.

A task takes an id, makes one call and may run twice. Queue it with `delay_on_commit`.
"""

import logging
from collections.abc import Callable
from typing import Any, cast

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Raised inside a task that has taken as long as it may; seconds later its process is ended.
OutOfTime = SoftTimeLimitExceeded

TaskDecorator = Callable[[Callable[..., Any]], "Hint"]
# By the name of the task.
_queues: dict[str, str] = {}


class Hint(DjangoTask):  # type: ignore[type-arg]
    """A message that may be lost: the row it speaks of says what to do, and a sweeper sends it again."""

    def delay_or_run(self, *args: Any) -> None:
        """Send now; with the broker away, do the work here. For what nothing would repeat."""
        try:
            self.delay(*args)
        except OperationalError:
            logger.warning("queues.ran_here", extra={"task": self.name})
            self.run(*args)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Send after the commit. With the broker away this is logged; what was saved stays saved, without an error."""

        # Not a partial: Django names the function in its log line.
        def send() -> None:
            self.delay(*args, **kwargs)

        transaction.on_commit(send, robust=True)

    def later_on_commit(self, seconds: float, *args: Any) -> None:
        """As `delay_on_commit`; no worker takes it up before `seconds` have passed."""

        def send() -> None:
            self.apply_async(args, countdown=seconds)

        transaction.on_commit(send, robust=True)


def _queue(name: str, *, time_limit_s: int) -> TaskDecorator:
    # Under Django every task is a DjangoTask, which the types of shared_task do not say.
    decorate: Any = shared_task(
        base=Hint,
        acks_late=True,
        # A message whose worker died is dropped here: the row's lease brings the work back, with its attempts counted.
        reject_on_worker_lost=False,
        ignore_result=True,
        time_limit=time_limit_s,
        soft_time_limit=time_limit_s - 10,
    )

    def decorator(work: Callable[..., Any]) -> Hint:
        _queues[f"{work.__module__}.{work.__name__}"] = name
        return cast(Hint, decorate(work))

    return decorator


def queue_of(name: str, *args: Any, **kwargs: Any) -> dict[str, str] | None:
    """Celery's route for the task of this name; None for one that is not ours."""
    return {"queue": _queues[name]} if name in _queues else None


ingest_task: TaskDecorator = _queue("ingest", time_limit_s=1800)
quick_task: TaskDecorator = _queue("default", time_limit_s=300)
evaluate_task: TaskDecorator = _queue("evaluate", time_limit_s=3600)
