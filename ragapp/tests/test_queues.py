"""A message is a hint: with the broker away nothing that was saved fails because of it."""

from importlib import import_module

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from documents import tasks
from ragapp.queues import Hint


@pytest.mark.django_db(transaction=True)
def test_a_message_that_cannot_be_sent_is_logged_and_no_error(monkeypatch, caplog):
    def unreachable(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.ingest, "delay", unreachable)

    tasks.ingest.delay_on_commit(1)

    assert "connection refused" in caplog.text


def test_every_task_of_ours_is_such_a_hint():
    from ragapp.celery import app

    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "ragapp.monitoring."))}

    assert ours
    assert all(isinstance(task, Hint) for task in ours.values())


def test_a_task_goes_to_the_queue_of_its_decorator():
    from ragapp.celery import app

    app.loader.import_default_modules()
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks if "documents" in name}

    assert queues["documents.tasks.ingest"] == "ingest"
    assert queues["documents.tasks.compare"] == "evaluate"
    assert queues["documents.tasks.requeue_expired"] == "default"


def test_whatever_beat_sends_is_a_task() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        module, _, name = entry["task"].rpartition(".")
        assert hasattr(getattr(import_module(module), name), "delay"), entry["task"]
