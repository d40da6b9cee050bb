"""bin/up from the outside: what it shows, starts, restarts and ends.

The application is a small stand-in, so that every ending can be tried in seconds; database, broker and web server
are the real ones.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ragapp import serve
from ragapp.embedded import places, processes, services
from ragapp.embedded.processes import Identity

pytestmark = pytest.mark.slow
EMBEDDED = Path(services.__file__).parent

MANAGE = """
import json, os, sys, time
command = sys.argv[1]
data = os.environ["RAGAPP_DATA_DIR"]
if command == "migrate":
    import psycopg
    with psycopg.connect(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS django_migrations (app text, name text)")
elif command == "collectstatic":
    os.makedirs(f"{data}/static", exist_ok=True)
elif command == "create_demo_people":
    print(json.dumps({"employee": "a-random-password"}))
elif command == "seed_demo":
    print("handbook.md ready", flush=True)
    time.sleep(float(os.environ.get("SEED_S", "0")))
elif command == "ask":
    citation = {"marker": "1", "document": "Handbook", "page": 3, "quote": "Parental leave  is 16 weeks."}
    print(json.dumps({"answer": "You get 16 weeks [1].", "citations": [citation]}))
"""
CELERY = """
import os, subprocess, sys, time
assert "DATABASE_OWNER_URL" not in os.environ
if os.environ.get("BROKEN") and "beat" in sys.argv:
    sys.exit("the schedule is damaged")
if "ingest" in sys.argv:  # a grandchild that leaves the session and does not listen
    ignore = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", ignore], start_new_session=True)
time.sleep(600)
"""
ASGI = """
async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
"""


@dataclass(slots=True, kw_only=True)
class Up:
    """One running bin/up and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[str]

    def read_until(self, words: str) -> str:
        """The first line that holds `words`; fails when the output ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"{words!r} was not said:\n{''.join(self.said)}")

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.said.extend(self.process.stdout)
        return self.process.wait(timeout=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A repository with the stand-in application."""

    root: Path
    port: int

    def environment(self, **more: str) -> dict[str, str]:
        unwanted = ("RAGAPP_", "DATABASE_", "REDIS_", "DJANGO_", "PYTHON", "COV_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        return {**kept, "PYTHONUNBUFFERED": "1", **more}

    def start(self, *arguments: str, **environment: str) -> Up:
        command = [sys.executable, "-m", "ragapp.embedded.up", "--port", str(self.port), *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Up(process=process, said=[])

    def processes(self) -> list[Identity]:
        """Everything that works in this tree, or for root in the database's folder outside."""
        prepared = places.find(self.root / ".data")
        folders = {str(self.root), str(prepared.home if prepared else self.root)}
        found = []
        for process in psutil.process_iter(["cwd", "cmdline"]):
            words = [process.info["cwd"] or "", *(process.info["cmdline"] or [])]
            if any(folder in word for word in words for folder in folders) and process.pid != os.getpid():
                found.append(processes.identify(process.pid))
        return [identity for identity in found if identity]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    root = tmp_path / "tree"
    shutil.copytree(EMBEDDED, root / "ragapp" / "embedded", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "ragapp" / "__init__.py").touch()
    (root / "ragapp" / "asgi.py").write_text(ASGI)
    shutil.copy(serve.__file__, root / "ragapp")
    (root / "manage.py").write_text(MANAGE)
    (root / "celery.py").write_text(CELERY)
    (root / "requirements.txt").touch()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield Tree(root=root, port=port)
    for identity in Tree(root=root, port=port).processes():
        processes.signal(identity, signal.SIGKILL)
    services.reset(root / ".data")


def test_it_starts_with_a_cited_answer_and_the_way_in_and_ends_every_process(tree: Tree) -> None:
    up = tree.start()

    up.read_until("Ctrl-C ends everything")
    said = "".join(up.said)

    steps = [
        "Starting PostgreSQL and Redis",
        "Preparing the database",
        "Starting the workers",
        "Collecting static files",
        "Creating the demo people",
        "handbook.md ready",
        "Asking a sample question",
        "You get 16 weeks [1].",
        "[1] Handbook, page 3: “Parental leave is 16 weeks.”",
        f"ragapp is ready: http://127.0.0.1:{tree.port}",
    ]
    assert [said.index(step) for step in steps] == sorted(said.index(step) for step in steps)
    started = tree.processes()
    assert len(started) > 8
    assert up.end(signal.SIGINT) == 0
    assert tree.processes() == []
    assert "employee      a-random-password" in said
    assert not [path for path in (tree.root / ".data/logs").iterdir() if "a-random-password" in path.read_text()]


def test_it_can_be_ended_while_it_starts(tree: Tree) -> None:
    up = tree.start(SEED_S="600")
    up.read_until("handbook.md ready")

    status = up.end(signal.SIGTERM)

    assert status == 0
    assert tree.processes() == []


def test_a_killed_one_leaves_nothing_behind(tree: Tree) -> None:
    up = tree.start()
    up.read_until("ragapp is ready")
    started = tree.processes()

    up.end(signal.SIGKILL)

    assert processes.wait_until_gone(started, timeout_s=30) == []


def test_the_next_start_ends_what_a_killed_one_and_its_watch_left(tree: Tree) -> None:
    up = tree.start()
    up.read_until("Ctrl-C ends everything")
    me = up.process.pid
    watch = next(
        child for child in psutil.Process(me).children() if child.cmdline()[1:3] == ["-m", "ragapp.embedded.up"]
    )
    started = [identity for identity in tree.processes() if identity.pid not in (me, watch.pid)]
    watch.kill()
    up.end(signal.SIGKILL)
    assert all(processes.is_alive(identity) for identity in started)

    again = tree.start()
    again.read_until("ragapp is ready")

    kept = [identity for identity in started if processes.is_alive(identity)]
    names = {psutil.Process(identity.pid).name() for identity in kept}
    assert names <= {"postgres", "redis-server"}
    assert again.end(signal.SIGINT) == 0
    assert tree.processes() == []


def test_a_second_one_says_where_the_first_is(tree: Tree) -> None:
    up = tree.start()
    up.read_until("Ctrl-C ends everything")
    second, reset = tree.start(), tree.start("--reset")

    assert f"runs already: http://127.0.0.1:{tree.port}" in second.read_until("runs already")
    assert second.process.wait(timeout=30) == 0
    reset.read_until("Nothing was deleted")
    assert reset.process.wait(timeout=30) == 1
    assert up.end(signal.SIGHUP) == 0
    assert tree.processes() == []


def test_a_warm_start_does_nothing_twice_and_a_reset_starts_over(tree: Tree) -> None:
    for _ in range(2):
        up = tree.start()
        up.read_until("You get 16 weeks")
        assert up.end(signal.SIGINT) == 0
    warm = "".join(up.said)
    key = (tree.root / ".data/secrets/secret_key").read_text()

    over = tree.start("--reset")
    over.read_until("Ctrl-C ends everything")

    assert "Preparing the database" not in warm
    assert "Creating the demo people" not in warm
    assert "Preparing the database" in "".join(over.said)
    assert (tree.root / ".data/secrets/secret_key").read_text() != key
    assert over.end(signal.SIGINT) == 0


def test_a_process_that_dies_is_started_again(tree: Tree) -> None:
    up = tree.start()
    up.read_until("Ctrl-C ends everything")
    web = next(i for i in tree.processes() if "ragapp.serve" in processes.command_line(i.pid))

    os.kill(web.pid, signal.SIGKILL)

    assert "by signal 9; it starts again" in up.read_until("web ended")
    assert up.end(signal.SIGINT) == 0
    assert tree.processes() == []


def test_a_database_that_dies_is_started_again(tree: Tree) -> None:
    up = tree.start()
    up.read_until("Ctrl-C ends everything")
    server = next(i for i in tree.processes() if processes.command_line(i.pid)[0].endswith("bin/postgres"))

    os.kill(server.pid, signal.SIGKILL)

    up.read_until("it starts again")
    up.read_until("runs again")
    assert services.status(tree.root / ".data").database
    assert up.end(signal.SIGINT) == 0


def test_a_process_that_keeps_dying_ends_everything_with_its_last_words(tree: Tree) -> None:
    up = tree.start(BROKEN="1")

    up.read_until("the schedule is damaged")

    assert up.process.wait(timeout=60) == 1
    assert tree.processes() == []


def test_a_taken_port_is_named_before_anything_starts(tree: Tree) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", tree.port))
        other.listen()

        up = tree.start()

        assert "bin/up --port" in up.read_until("cannot be used")
        assert up.process.wait(timeout=30) == 1
        assert tree.processes() == []


def test_given_services_are_used_and_get_no_demo_people(tree: Tree, tmp_path: Path) -> None:
    given = services.start(tmp_path / "given", durable=False)
    try:
        up = tree.start(DATABASE_URL=given.owner_database_url, REDIS_URL=given.redis_url)
        up.read_until("Ctrl-C ends everything")
        said = "".join(up.said)
        assert up.end(signal.SIGINT) == 0

        assert "Using the given services" in said
        assert "manage.py createsuperuser" in said
        assert "demo people" not in said
        assert services.status(tree.root / ".data") == services.Status(database=False, redis=False)
        assert services.status(tmp_path / "given").database
    finally:
        services.reset(tmp_path / "given")
