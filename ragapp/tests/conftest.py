"""One world for the tests that look at every route: built once per module, since reading in a file takes seconds."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from chat import streaming
from ragapp.celery import app as celery
from ragapp.privacy import vault
from ragapp.tests import emptying
from ragapp.tests import world as worlds


@pytest.fixture(scope="module")
def committed_world(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[worlds.World]:
    """Committed, so that every connection sees it; removed when the last of these tests has run."""
    with django_db_blocker.unblock():
        emptying.empty()
        built = worlds.build()
    yield built
    with django_db_blocker.unblock():
        emptying.empty()


@pytest.fixture
def world(committed_world: worlds.World, db: None) -> worlds.World:
    """What a test changes in the database is undone after it, and a file that it deleted is put back before it."""
    vault.save(committed_world.version.storage_key, committed_world.original)
    return committed_world


@pytest.fixture
def nothing_is_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are made in chat's own tests; where this is used, only the door is looked at."""

    def launch(answer_id: UUID, opened: object = None) -> None:
        """No task is left running after the test."""

    monkeypatch.setattr(streaming, "launch", launch)


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks run in this process, as a worker would run them."""
    celery.conf.task_always_eager = True
    yield
    celery.conf.task_always_eager = False
