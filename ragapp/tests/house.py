"""A whole installation of its own, for tests that end parts of it: PostgreSQL, Redis, a web process, a worker.

`python -m ragapp.tests.house` prepares its database: the schema, the demo people and one document.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from io import StringIO
from pathlib import Path

from ragapp.embedded import places, postgres_server, processes, redis_server, services
from ragapp.embedded.places import Places
from ragapp.embedded.processes import Identity
from ragapp.embedded.surroundings import surroundings

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery staple"  # of people who live in this installation only
# Of whoever runs the tests; the installation has its own.
FOREIGN = ("RAGAPP_", "DATABASE_", "REDIS_", "OPENAI_", "DJANGO_", "PYTEST_", "COV_")
READY_WITHIN_S = 120.0
# Where somebody hears of finished answers.
HEARS_AT = "HOUSE_HEARS_AT"


@dataclass(slots=True, kw_only=True)
class House:
    """Where it answers, and its parts."""

    data: Path
    url: str
    environment: dict[str, str]
    hook_secret: str = ""
    children: list[Identity] = field(default_factory=list)

    @property
    def places(self) -> Places:
        """Its data folder."""
        found = places.find(self.data)
        assert found is not None
        return found

    def start(self, name: str, *command: str) -> None:
        """A process that runs until the end; its log lies in the data folder."""
        log = self.data / "logs" / f"{name}.log"
        self.children.append(processes.spawn([sys.executable, *command], log=log, env=self.environment, cwd=ROOT))

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """As its machine's restart does: connections are cut, and nothing answers until the block ends."""
        postgres_server.stop(self.places)
        try:
            yield
        finally:
            postgres_server.start(self.places)

    def restart_redis(self) -> None:
        """Every connection is cut."""
        redis_server.stop(self.places)
        redis_server.start(self.places)


@contextmanager
def standing(data: Path, **environment: str) -> Iterator[House]:
    """Everything runs until the block ends. `environment`: settings of its processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    try:
        found = services.start(data, durable=False)
        around = surroundings(data, found=found, host="127.0.0.1", port=port, outside=outside | environment)
        prepare = {**around.owner, "RAGAPP_DEMO_PASSWORD": PASSWORD}
        command = [sys.executable, "-m", "ragapp.tests.house"]
        said = subprocess.run(command, cwd=ROOT, env=prepare, check=True, stdout=subprocess.PIPE, text=True).stdout
        address = f"http://127.0.0.1:{port}"
        house = House(data=data, url=address, environment=around.application, hook_secret=said)
        try:
            _start(house, port)
            yield house
        finally:
            for child in house.children:
                for member in processes.family(child):
                    processes.signal(member, 9)
            processes.wait_until_gone(house.children, timeout_s=10)
    finally:
        services.reset(data)


def _start(house: House, port: int) -> None:
    house.environment |= {"RAGAPP_DATABASE_POOL": "8", "OMP_NUM_THREADS": "1"}
    web = ("--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning")
    house.start("web", "-m", "uvicorn", "ragapp.asgi:application", *web)
    # Beat in the worker's process: what the sweepers do is the same.
    schedule = str(house.data / "run" / "beat")
    worker = ("worker", "-B", "-Q", "default,evaluate", "-c", "1", "--schedule", schedule, "--loglevel", "WARNING")
    house.start("worker", "-m", "celery", "-A", "ragapp", *worker)
    deadline = time.monotonic() + READY_WITHIN_S
    while not _answers(port):
        assert time.monotonic() < deadline, processes.last_lines(house.data / "logs" / "web.log")
        assert processes.exit_status(house.children[0]) is None, processes.last_lines(house.data / "logs" / "web.log")


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def prepare() -> None:
    """The schema, the demo people, and the handbook for everyone."""
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from django.core.management import call_command

    from documents import access, indexes, tasks, uploads
    from documents.models import Level
    from ragapp.accounts.models import User
    from ragapp.webhooks import secrets
    from ragapp.webhooks.models import Endpoint, Event

    call_command("migrate", verbosity=0)
    call_command("create_demo_people", stdout=StringIO())
    owner = User.objects.get(username="corpus-admin")
    company = uploads.create_collection("Company", "What everybody may read", by=owner)
    access.share(company.access_list, group=Group.objects.get(name="All staff"), level=Level.READER, by=owner)
    handbook = ROOT / "documents/samples/corpus/company/handbook.pdf"
    accepted = uploads.accept(company, name=handbook.name, content=handbook.read_bytes(), by=owner)
    tasks.ingest(accepted.version.pk)
    indexes.refresh_stale()
    if hears_at := os.environ.get(HEARS_AT):
        endpoint = Endpoint(name="Tickets", url=hears_at, events=[Event.ANSWER_FINISHED])
        sys.stdout.write(secrets.renew(endpoint))
        endpoint.save()


if __name__ == "__main__":
    prepare()
