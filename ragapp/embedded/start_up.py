"""The steps between running services and a cited answer, each done only when something changed."""

import http.client
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ragapp.embedded import running, services, stamps
from ragapp.embedded.children import Children
from ragapp.embedded.console import Console
from ragapp.embedded.places import EmbeddedError
from ragapp.embedded.surroundings import Surroundings, address

QUESTION = "How many days of parental leave do I get?"
ASKER = "employee"
DEMO_PEOPLE = ("employee", "hr", "corpus-admin", "reviewer", "auditor", "admin")
ANSWER_LIMIT_S, READY_LIMIT_S = 180.0, 30.0
SERVICES_LOOK_S = 1.0
# An interpreter uses one processor. Each of these takes 400 MB, and up to 24 of the database's hundred connections.
WEB_PROCESSES = "1", "2", "3"


@dataclass(slots=True, kw_only=True)
class StartUp:
    """One start; `restart_services` brings back a database or broker that died meanwhile."""

    root: Path
    data: Path
    children: Children
    host: str
    port: int
    surroundings: Surroundings
    embedded_database: bool
    embedded_redis: bool
    restart_services: Callable[[], object]
    _people: dict[str, str] = field(default_factory=dict)

    @property
    def console(self) -> Console:
        return self.children.console

    @property
    def address(self) -> str:
        return address(self.host, self.port)

    @property
    def stamps(self) -> Path:
        return self.data / "stamps.json"

    def everything(self) -> None:
        """All steps in order; the second time only what changed."""
        running.announce(self.data, self.address, ready=False)
        self._migrate()
        self._start_workers()  # they need no static files, and warm up meanwhile
        self._collect_static()
        warm = not self.embedded_database or stamps.is_done(self.stamps, "samples", self._samples())
        if not warm:
            self._people_and_samples()
        self._start_web()
        self._wait_until_ready()
        running.announce(self.data, self.address, ready=True)
        if warm:
            self._say_where()
            self._ask()
        else:
            self._ask()
            self._say_where()

    def stay(self) -> None:
        """Watch over everything until somebody asks to stop."""
        while True:
            self.children.pause(SERVICES_LOOK_S)
            state = services.status(self.data)
            if (self.embedded_database and not state.database) or (self.embedded_redis and not state.redis):
                self.console.line("The database or the broker ended; it starts again.")
                self.restart_services()
                self.console.line("It runs again.")

    def _migrate(self) -> None:
        owner_url = self.surroundings.owner.get("DATABASE_OWNER_URL", "")
        packages = stamps.fingerprint([self.root / "requirements.txt"])
        if (
            self.embedded_database
            and stamps.is_done(self.stamps, "migrations", packages)
            and not stamps.unapplied_migrations(owner_url, self.root)
        ):
            return
        with self.console.step("Preparing the database"):
            self.children.run("migrate", self._manage("migrate", "--no-input"), self.surroundings.owner)
        stamps.remember(self.stamps, "migrations", packages)

    def _collect_static(self) -> None:
        files = stamps.fingerprint([self.root / "requirements.txt", self.root / "static"])
        if stamps.is_done(self.stamps, "static", files) and (self.data / "static").exists():
            return
        with self.console.step("Collecting static files"):
            command = self._manage("collectstatic", "--no-input", "--clear", "--verbosity=0")
            self.children.run("collectstatic", command, self.surroundings.application)
        stamps.remember(self.stamps, "static", files)

    def _start_workers(self) -> None:
        # One slow file must not hold up sweeping and sealing, so ingestion has a worker of its own, and the other two
        # processes: an evaluation may take the one.
        ingesting = str(max(1, min(4, (os.cpu_count() or 2) - 1)))
        with self.console.step("Starting the workers and beat"):
            self._celery("worker-ingest", "worker", "-Q", "ingest", "-c", ingesting, "-n", "ingest@%h")
            self._celery("worker", "worker", "-Q", "default,evaluate", "-c", "2", "-n", "default@%h")
            schedule = str(self.data / "run" / "beat-schedule")
            self._celery("beat", "beat", "--schedule", schedule, "--pidfile=")

    def _start_web(self) -> None:
        count = os.environ.get("RAGAPP_WEB_PROCESSES") or str(min(2, len(os.sched_getaffinity(0))))
        if count not in WEB_PROCESSES:
            raise EmbeddedError(f"RAGAPP_WEB_PROCESSES is {count!r}: give one of {', '.join(WEB_PROCESSES)}.")
        metrics = self.data / "run" / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        own = {"RAGAPP_DATABASE_POOL": "24", "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        command = [
            *(sys.executable, "-m", "ragapp.serve"),
            *("--host", self.host, "--port", str(self.port), "--processes", count),
        ]
        self.children.start("web", command, own | self.surroundings.application)

    def say_passwords(self) -> None:
        """Shown once: at the end of the first start, or on the way out when it was cut off before."""
        if self._people:
            self.console.line("Sign in as (these passwords are shown only this once):")
        for name, password in self._people.items():
            self.console.line(f"  {name:<14}{password}")
        self._people = {}

    def _people_and_samples(self) -> None:
        with self.console.step("Creating the demo people"):
            command = self._manage("create_demo_people")
            written = self.children.run("demo-people", command, self.surroundings.application)
        self._people = _passwords(written)
        with self.console.step("Reading in the sample documents"):
            command = self._manage("seed_demo")
            self.children.run("samples", command, self.surroundings.application, show=True)
        stamps.remember(self.stamps, "samples", self._samples())

    def _samples(self) -> str:
        return stamps.fingerprint([self.root / "documents" / "samples" / "corpus"])

    def _wait_until_ready(self) -> None:
        with self.console.step("Waiting for the web pages"):
            deadline = time.monotonic() + ANSWER_LIMIT_S
            has_answered = False
            while True:
                status, body = _get(self.host, self.port, "/readyz")
                if status == http.client.OK:
                    return
                if status and not has_answered:
                    has_answered, deadline = True, time.monotonic() + READY_LIMIT_S
                if time.monotonic() > deadline:
                    self.console.paragraph(f"Not everything is ready; /readyz says: {body.strip()}")
                    return
                self.children.pause(0.1)

    def _ask(self) -> None:
        if not self.embedded_database:
            return
        command = self._manage("ask", QUESTION, "--as", ASKER, "--json")
        try:
            with self.console.step("Asking a sample question"):
                written = self.children.run("question", command, self.surroundings.application)
        except EmbeddedError as error:
            self.console.line(f"The sample question got no answer, the rest goes on. {error}")
            return
        self.console.line()
        self.console.paragraph(f"{ASKER} asks: {QUESTION}")
        _show_answer(self.console, json.loads(written.strip().splitlines()[-1]))

    def _say_where(self) -> None:
        self.console.line()
        self.console.line(f"ragapp is ready: {self.address}")
        if not self.embedded_database:
            self.console.line("No people were created in the given database. The first admin:")
            self.console.line("  .venv/bin/python manage.py createsuperuser")
        elif self._people:
            self.say_passwords()
        else:
            self.console.line(f"Sign in as one of: {', '.join(DEMO_PEOPLE)}.")
            self.console.line("Their passwords were shown at the first start. A new one for any of them:")
            self.console.line("  .venv/bin/python manage.py changepassword NAME")
        self.console.line(f"Logs: {self.data / 'logs'}. Ctrl-C ends everything.")

    def _celery(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "ragapp", *arguments, "--loglevel", "INFO"]
        self.children.start(name, command, self.surroundings.application)

    def _manage(self, *arguments: str) -> Sequence[str]:
        return [sys.executable, str(self.root / "manage.py"), *arguments]


def _get(host: str, port: int, path: str) -> tuple[int, str]:
    """Status and body, (0, reason) while nothing answers. No proxy is asked."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(reachable, port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _passwords(written: str) -> dict[str, str]:
    """The last line that is a JSON object: names and passwords, or nothing when the people exist already."""
    for line in reversed(written.strip().splitlines()):
        if line.startswith("{"):
            found: dict[str, str] = json.loads(line)
            return found
    return {}


def _show_answer(console: Console, answer: dict[str, object]) -> None:
    console.paragraph(str(answer["answer"]), indent="    ")
    citations = answer.get("citations")
    for citation in citations if isinstance(citations, list) else []:
        page = f", page {citation['page']}" if citation.get("page") else ""
        quote = " ".join(str(citation["quote"]).split())
        short = quote if len(quote) <= 160 else quote[:157] + "..."
        marker = str(citation["marker"]).strip("[]")
        console.paragraph(f"[{marker}] {citation['document']}{page}: “{short}”", indent="    ")
