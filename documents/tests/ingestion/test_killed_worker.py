"""A worker is killed in mid-ingest: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from documents import uploads
from documents.ingestion.chunk import chunk
from documents.ingestion.extractions import parsed_from
from documents.models import Chunk, ChunkEmbedding, ChunkLexemes, Collection, Document, Extraction, IngestionRun
from ragapp.accounts.models import User

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 240.0
SENTENCE = "Pump {0} of hall {1} is greased every {2} hours, and its seal is looked at by the shift of week {3}. "
State = IngestionRun.State

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def book(number: int) -> bytes:
    """Long enough that a worker is busy with it for a while; no two passages are the same."""
    return "\n\n".join(SENTENCE.format(n, number, n * 7, n % 52) * 2 for n in range(150)).encode()


def on_the_test_database(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    prefix = f"test-{uuid.uuid4().hex}:"
    environment = os.environ | {"RAGAPP_INGEST_LEASE_S": "3", "DJANGO_SETTINGS_MODULE": "ragapp.settings"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if name in environment:
            environment[name] = on_the_test_database(environment[name])
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        command = [sys.executable, "-m", "documents.tests.ingestion.worker", str(settings.FILES_DIR), prefix]
        process = subprocess.Popen(
            [*command, str(tmp_path / f"beat-{len(started)}")],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        kill(process)
    broker = redis.from_url(settings.REDIS_URL)
    for key in broker.scan_iter(f"{prefix}*"):
        broker.delete(key)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the worker with all its processes at once, as the kernel does when memory is short."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(reached: Callable[[], bool], what: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    pause = Event()
    while not reached():
        assert process.poll() is None, f"the worker ended: {log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"{what} was not reached: {log.read_text()[-3000:]}"
        pause.wait(0.05)


def test_after_kill_9_every_file_is_indexed_once(
    collection: Callable[..., Collection],
    owner: User,
    queued: list[int],
    start: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    shared = collection(owners=[owner])
    small = [f"Note {n}: the canteen of hall {n} opens at eleven on weekdays.".encode() for n in range(4)]
    for number, content in enumerate([book(1), book(2), *small]):
        uploads.accept(shared, name=f"{number}.txt", content=content, by=owner)
    runs = IngestionRun.objects.all()

    first = start()
    in_the_middle = {"state": State.RUNNING, "stage__in": ["embed", "index"]}
    until(lambda: runs.filter(**in_the_middle).exists(), "the middle of an ingestion", first, tmp_path / "worker-0.log")
    kill(first)
    interrupted = set(runs.filter(state=State.RUNNING).values_list("pk", flat=True))
    assert interrupted

    second = start()
    done = [State.READY, State.FAILED]
    until(lambda: not runs.exclude(state__in=done).exists(), "the end of all work", second, tmp_path / "worker-1.log")

    failures = list(runs.exclude(state=State.READY).values_list("failure", flat=True))
    assert failures == [], (tmp_path / "worker-1.log").read_text()[-6000:]
    assert set(runs.filter(attempts=2).values_list("pk", flat=True)) == interrupted
    assert Document.objects.count() == 6
    assert Extraction.objects.filter(is_current=True).count() == 6
    for extraction in Extraction.objects.filter(is_current=True).select_related("version__document"):
        expected = [p.text for p in chunk(parsed_from(extraction), title=extraction.version.document.title)]
        stored = Chunk.objects.filter(document=extraction.version.document).order_by("ordinal")
        assert [one.text for one in stored] == expected
    assert Chunk.objects.count() == ChunkEmbedding.objects.count() == ChunkLexemes.objects.count()
