"""A worker is killed while it builds an index: another one goes on, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.utils import timezone

from documents import indexes
from documents.ingestion import chunk, rebuild
from documents.models import Chunk, ChunkEmbedding, ChunkLexemes, Collection, Document, IndexBuild, IndexVersion
from ragapp.accounts.models import User
from ragapp.llm import embedding

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0
SENTENCE = "Pump {0} of hall {1} is greased every {2} hours, and its seal is looked at in week {3}. "
WORK = "import django; django.setup(); from documents.ingestion import rebuild; rebuild.advance({0})"

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_after_kill_9_a_build_goes_on_and_every_passage_is_there_once(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, tmp_path: Path
) -> None:
    shelf = collection(owners=[owner])
    for number in range(8):
        text = "\n\n".join(SENTENCE.format(n, number, n * 7, n % 52) for n in range(12))
        add(shelf, f"{number}.txt", text, by=owner)
    # Another prefix, so that no vector is known.
    embedder = embedding.Embedder(model="all-MiniLM-L6-v2", passage_prefix="about: ")
    made = indexes.create(indexes.Plan(name="v2", chunker=chunk.CHUNKER, embedder=embedder), by=None)
    builds = IndexBuild.objects.filter(index_version=made)

    worker = start(made.pk, tmp_path / "worker.log")
    deadline, pause = time.monotonic() + PATIENCE_S, Event()
    while not 0 < builds.get().done < 8:
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()[-2000:]
        assert time.monotonic() < deadline
        pause.wait(0.02)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert builds.get().state == IndexBuild.State.RUNNING
    assert rebuild.due() == []

    builds.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert rebuild.due() == [made.pk]
    rebuild.advance(made.pk)

    live = IndexVersion.objects.get(is_live=True)
    texts = [sorted(Chunk.objects.filter(index_version=one).values_list("text", flat=True)) for one in (live, made)]
    assert texts[0] == texts[1]
    assert IndexVersion.objects.get(pk=made.pk).state == IndexVersion.State.READY
    for model in (ChunkEmbedding, ChunkLexemes):
        assert model.objects.filter(index_version=made).count() == len(texts[0])


def start(index_id: int, log: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "ragapp.settings"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        if name in environment:
            parts = urlsplit(environment[name])
            environment[name] = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", WORK.format(index_id)],
            cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
