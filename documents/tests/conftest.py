"""Documents made the real way: stored, parsed in the sandbox, embedded and indexed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents import indexes, tasks, uploads
from documents.ingestion import pipeline
from documents.models import Collection, Document, IndexVersion, IngestionRun
from ragapp.accounts.models import User


@pytest.fixture(autouse=True)
def _files_of_this_test(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions that were handed to the queue; nothing is sent."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.ingest, "delay_on_commit", sent.append)
    monkeypatch.setattr(tasks.take_in, "delay_on_commit", lambda incoming_id: None)
    return sent


@pytest.fixture
def add(queued: list[int]) -> Callable[..., Document]:
    """add(collection, "a/b.txt", "text", by=user): uploaded and ingested in this process."""

    def make(collection: Collection, name: str, content: str | bytes, *, by: User) -> Document:
        data = content.encode() if isinstance(content, str) else content
        accepted = uploads.accept(collection, name=name, content=data, by=by)
        waiting = [accepted.version.pk]
        while waiting:
            waiting.extend(pipeline.advance(waiting.pop(0)))
        run = IngestionRun.objects.get(version=accepted.version)
        assert run.state == IngestionRun.State.READY, f"{run.failure} {run.hint}"
        return Document.objects.get(pk=accepted.document.pk)

    return make


@pytest.fixture
def counted() -> Callable[[], IndexVersion]:
    """Statistics brought up to date, as beat does; the live index version."""

    def refresh() -> IndexVersion:
        index = IndexVersion.objects.get(is_live=True)
        indexes.refresh_statistics(index, drift=0.0)
        return IndexVersion.objects.get(pk=index.pk)

    return refresh
