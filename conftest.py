"""Fixtures for every app: people by role, collections, signed-in clients. Real PostgreSQL and Redis throughout.

The services are those of DATABASE_URL and REDIS_URL (bin/test starts some); RAGAPP_TEST_DB names the test database.
"""

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.test import AsyncClient, Client
from django.test.utils import setup_databases, teardown_databases

PASSWORD = "correct horse battery staple"  # noqa: S105  of people who live in test databases only
CONFIGURED_DATABASE = pytest.StashKey[str]()
BACKEND = "django.contrib.auth.backends.ModelBackend"


def pytest_configure(config: pytest.Config) -> None:
    """Files and keys in places of their own; RAGAPP_ENV=test brings cheap password hashes and plain static files."""
    from django.db import connection
    from django.test import TransactionTestCase

    from ragapp.lib import windows
    from ragapp.llm import health
    from ragapp.monitoring import heartbeats
    from ragapp.tests import emptying

    TransactionTestCase._fixture_teardown = lambda self: emptying.empty()
    config.stash[CONFIGURED_DATABASE] = connection.settings_dict["NAME"]
    folder = tempfile.mkdtemp(prefix="ragapp-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    django_settings.FILES_DIR = Path(folder) / "files"
    django_settings.STATIC_ROOT = Path(folder) / "static"
    django_settings.STATIC_ROOT.mkdir()
    windows.SPACE = heartbeats.SPACE = health.SPACE = f"ragapp:test:{uuid.uuid4().hex}"


# What takes a minute or more begins first, and the rest is spread around it; a folder shares what its tests start.
LONG = (
    "ragapp/tests/browser/",
    "ragapp/tests/test_routes_and_roles.py",
    "ragapp/tests/test_outlets.py",
    "documents/tests/test_rights_property.py",
    "ragapp/tests/test_up.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process for all tests of a file, or of a folder in LONG."""
    from xdist.scheduler import LoadFileScheduling

    class LongFirst(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((place for place in LONG if nodeid.startswith(place)), super()._split_scope(nodeid))

    config.option.loadscopereorder = False
    return LongFirst(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes run them, in the order of LONG; the others stay as pytest-django put them."""
    if hasattr(config, "workerinput"):
        places = dict(zip(LONG, range(len(LONG)), strict=True))
        items.sort(key=lambda item: min((n for place, n in places.items() if item.nodeid.startswith(place)), default=9))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """The name of the test database, before workers that run beside each other add theirs."""
    from django.db import connection

    if name := os.environ.get("RAGAPP_TEST_DB"):
        connection.settings_dict["TEST"]["NAME"] = name
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")
    # Migrations drop thousands of classes in circles: collecting them all the time takes a third of making a database.
    gc.disable()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool, request: pytest.FixtureRequest
) -> Iterator[None]:
    """A test database in every run. pytest-django makes one only where a test is marked; those that commit are not,
    and alone they would empty the database that the site works with."""
    from django.db import OperationalError, connection

    from ragapp.lib.offload import close_pool

    gc.enable()
    if connection.settings_dict["NAME"] != request.config.stash[CONFIGURED_DATABASE]:
        yield
        return
    with django_db_blocker.unblock():
        made = setup_databases(0, interactive=False, keepdb=django_db_keepdb, aliases={"default"})
    assert connection.settings_dict["NAME"] != request.config.stash[CONFIGURED_DATABASE]
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            close_pool()
            try:
                teardown_databases(made, verbosity=0)
            except OperationalError as error:
                # A detached task still holds a connection; pytest-django warns in the same way.
                request.node.warn(pytest.PytestWarning(f"The test database was left: {error}"))


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """person("ann", roles=[Role.ADMIN], groups=["Everyone"]): an active user with PASSWORD."""
    from ragapp.accounts.models import RoleAssignment, User

    def make(username: str = "", *, roles: Iterable[str] = (), groups: Iterable[str] = (), **fields: Any) -> User:
        username = username or f"person-{uuid.uuid4().hex[:10]}"
        user = User.objects.create_user(username, f"{username}@example.org", PASSWORD, **fields)
        for role in roles:
            RoleAssignment.objects.create(user=user, role=role)
        user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
        return user

    return make


@pytest.fixture
def stranger(person: Callable[..., Any]) -> Any:
    """Signed in, named on no list."""
    return person("stranger")


@pytest.fixture
def reader(person: Callable[..., Any]) -> Any:
    """Reads what `collection()` makes."""
    return person("reader")


@pytest.fixture
def contributor(person: Callable[..., Any]) -> Any:
    """Adds to what `collection()` makes."""
    return person("contributor")


@pytest.fixture
def owner(person: Callable[..., Any]) -> Any:
    """Owns what `collection()` makes; a corpus admin, who may create collections."""
    return person("owner", roles=["corpus_admin"])


@pytest.fixture
def reviewer(person: Callable[..., Any]) -> Any:
    """Reviews answers, and reads nothing by that."""
    return person("reviewer", roles=["reviewer"])


@pytest.fixture
def auditor(person: Callable[..., Any]) -> Any:
    """Reads the audit log, and no document by that."""
    return person("auditor", roles=["auditor"])


@pytest.fixture
def admin(person: Callable[..., Any]) -> Any:
    """Manages people, and reads no document by that."""
    return person("admin", roles=["admin"])


@pytest.fixture
def collection(db: None) -> Callable[..., Any]:
    """collection("Handbook", readers=[group or user], contributors=[...], owners=[...])."""
    from documents.models import AccessEntry, AccessList, Collection, Level

    def make(
        name: str = "", *, readers: Iterable[Any] = (), contributors: Iterable[Any] = (), owners: Iterable[Any] = ()
    ) -> Collection:
        access_list = AccessList.objects.create()
        for level, listed in ((Level.READER, readers), (Level.CONTRIBUTOR, contributors), (Level.OWNER, owners)):
            for one in listed:
                kind = "group" if isinstance(one, Group) else "user"
                AccessEntry.objects.create(access_list=access_list, level=level, **{kind: one})
        return Collection.objects.create(name=name or f"Collection {uuid.uuid4().hex[:10]}", access_list=access_list)

    return make


@pytest.fixture
def client_for() -> Callable[[Any], Client]:
    """A browser in which this person is signed in; None is nobody."""

    def make(user: Any | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user, backend=BACKEND)
        return client

    return make


@pytest.fixture
def async_client_for() -> Callable[[Any], AsyncClient]:
    """Like `client_for`, through the asynchronous stack."""

    def make(user: Any | None) -> AsyncClient:
        client = AsyncClient()
        if user is not None:
            client.force_login(user, backend=BACKEND)
        return client

    return make
