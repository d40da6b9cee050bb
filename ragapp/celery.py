"""The Celery application: queues by kind of work, and the beat schedule as one table.

PostgreSQL rows are the truth about work to do; a message here is only a hint that a sweeper can repeat.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragapp.settings")

app = Celery("ragapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A package inside an app: its tasks stand above what documents.tasks may import.
app.autodiscover_tasks(["documents.sources"])


@heartbeat_sent.connect
def say_that_a_worker_lives(**kwargs: Any) -> None:
    """Every 2 s in each worker's main process: its queues are looked after, also while its children are busy."""
    from ragapp.monitoring import heartbeats

    for queue in app.amqp.queues.consume_from:
        heartbeats.give_sign(heartbeats.worker_of(queue))
