"""A small library, read in the real way, and answers followed in the real way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chat import conversations, following, streaming
from chat.events import Event
from chat.models import Answer
from documents import indexes, tasks, uploads
from documents.ingestion import pipeline
from documents.models import Collection, Document, IndexVersion
from ragapp.tests import scripted_replies
from ragapp.tests.scripted_llm import ScriptedLLM

LEAVE = """# Leave

## Parental leave

Every employee who becomes a parent receives 60 days of paid parental leave for each child. Hand in form HR-12 three
months before the birth. Parental leave may be split into two parts.

## Annual leave

Full-time employees have 27 days of annual leave in a calendar year.
"""
PARKING = """# Parking in Limerick

The car park opens at 06:30. Charging an electric car costs 0.21 EUR per kilowatt hour. Visitors park in row A.
"""
SALARIES = """# Salary bands

The maximum salary in band E4 is 74600 EUR a year.
"""


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Callable[..., Document]:
    """add(collection, "a.md", "text", by=user): uploaded and ingested in this process, then words are counted."""
    settings.FILES_DIR = tmp_path / "files"
    monkeypatch.setattr(tasks.ingest, "delay_on_commit", lambda *args, **kwargs: None)

    def make(collection: Collection, name: str, content: str, *, by: Any, is_counted: bool = True) -> Document:
        accepted = uploads.accept(collection, name=name, content=content.encode(), by=by)
        pipeline.advance(accepted.version.pk)
        for index in IndexVersion.objects.all() if is_counted else ():
            indexes.refresh_statistics(index)
        return Document.objects.get(pk=accepted.document.pk)

    return make


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers made of the documents' sentences do not wait between them."""
    monkeypatch.setattr(streaming, "PACE_S", 0.0)


@pytest.fixture
def library(
    add: Callable[..., Document], collection: Callable[..., Collection], reader: Any, owner: Any
) -> dict[str, Document]:
    """Two documents that `reader` may read, and one that only `owner` may."""
    handbook = collection("Handbook", readers=[reader], owners=[owner])
    secret = collection("HR", owners=[owner])
    return {
        "leave": add(handbook, "leave.md", LEAVE, by=owner, is_counted=False),
        "parking": add(handbook, "parking.md", PARKING, by=owner, is_counted=False),
        "salaries": add(secret, "salaries.md", SALARIES, by=owner),
    }


@pytest.fixture
def llm(settings: Any) -> Iterator[ScriptedLLM]:
    """A language model that does as it is told, configured."""
    with ScriptedLLM() as server:
        settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = server.base_url, "key", "scripted"
        settings.LLM_TIMEOUT_S = 5.0
        yield server


# Set once the model below has written something.
WRITING = threading.Event()


async def _one_sentence_and_wait(call: scripted_replies.Call) -> None:
    """Writes a sentence and the beginning of another, then waits for the client to go."""
    await call.start_events()
    await call.event(call.piece("You get 60 days [1]. And then"))
    WRITING.set()
    await asyncio.to_thread(call.received.gone.wait, 10)


@pytest.fixture
def waiting_llm(llm: ScriptedLLM, monkeypatch: pytest.MonkeyPatch) -> ScriptedLLM:
    """Writes a sentence and waits; `calls[0].gone` is set once the client has hung up."""
    WRITING.clear()
    monkeypatch.setitem(scripted_replies.SCRIPTS, "wait", _one_sentence_and_wait)
    llm.always("wait")
    return llm


@pytest.fixture
def pending(reader: Any) -> Callable[..., Answer]:
    """pending("question?"): asked by `reader`, not begun."""

    def make(text: str = "How many days of parental leave do I get?", **options: Any) -> Answer:
        given = {"conversation": None, "collection_id": None} | options
        return conversations.ask(user=reader, text=text, **given)

    return make


def made(answer: Answer) -> list[Event]:
    """Launches the answer in this process and follows it to its end."""

    async def launch_and_follow() -> list[Event]:
        streaming.launch(answer.pk)
        return [event async for event in following.read(answer.pk)]

    return asyncio.run(launch_and_follow())


def followed(answer_id: UUID, after: str = "0") -> list[Event]:
    """Follows it to its end."""

    async def follow() -> list[Event]:
        return [event async for event in following.read(answer_id, after)]

    return asyncio.run(follow())


def hang_up_while_it_writes(url: str, **request: Any) -> None:
    """Posts the request, and leaves without waiting for the reply once the model of `waiting_llm` writes."""

    async def post_and_leave() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            posting = asyncio.create_task(client.post(url, **request))
            assert await asyncio.to_thread(WRITING.wait, 60)
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)

    asyncio.run(post_and_leave())
