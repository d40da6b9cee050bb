"""The task decorators, one per queue; nothing else in the code base imports Celery.

A task takes an id, makes one call and may run twice. Queue it with `delay_on_commit`.
"""

from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.app.task import Task

TaskDecorator = Callable[[Callable[..., Any]], "Task[..., Any]"]


def _queue(name: str, *, time_limit_s: int) -> TaskDecorator:
    decorator: TaskDecorator = shared_task(
        queue=name,
        acks_late=True,
        # A message whose worker died is dropped here: the row's lease brings the work back, with its attempts counted.
        reject_on_worker_lost=False,
        ignore_result=True,
        time_limit=time_limit_s,
        soft_time_limit=time_limit_s - 10,
    )
    return decorator


ingest_task: TaskDecorator = _queue("ingest", time_limit_s=1800)
quick_task: TaskDecorator = _queue("default", time_limit_s=300)
evaluate_task: TaskDecorator = _queue("evaluate", time_limit_s=3600)
