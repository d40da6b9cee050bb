"""Other systems hear of what happened here: ids and states, no words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from chat import programs
from chat.answering import pipeline, run, store
from chat.models import Answer, AskedByProgram
from documents import private_files, removal
from documents.ingestion import lease
from documents.models import Collection, Document, IngestionRun
from ragapp.accounts import tokens
from ragapp.accounts.models import User
from ragapp.webhooks.models import Delivery, Endpoint, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(db: None) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """heard(): (event, data) of each message so far, to an address that wants everything."""
    Endpoint.objects.create(name="All", url="https://hooks.example/", events=list(Event))
    return lambda: list(Delivery.objects.order_by("pk").values_list("event", "data"))


async def _unheard(kind: Any, payload: Any) -> None:
    """Nobody follows."""


Heard = Callable[[], list[tuple[str, dict[str, Any]]]]


def test_documents_are_announced_when_they_can_be_asked_fail_and_go(heard: Heard, library: dict[str, Document]) -> None:
    leave = library["leave"]
    assert {data["document"] for event, data in heard() if event == "document.ready"} == {
        str(one.pk) for one in library.values()
    }

    work = IngestionRun.objects.get(version__document=leave)
    IngestionRun.objects.filter(pk=work.pk).update(state=IngestionRun.State.RUNNING, worker="w")
    work.refresh_from_db()
    lease.fail(work, "No.", "Try another.")
    event, data = heard()[-1]
    assert (event, data) == (
        "document.failed",
        {"document": str(leave.pk), "version": 1, "collection": leave.collection_id},
    )

    removal.remove_documents([leave.pk])
    assert heard()[-1] == ("document.removed", {"document": str(leave.pk)})


def test_nothing_is_told_of_private_files(heard: Heard, reader: User, add: Callable[..., Document]) -> None:
    attached = Collection.objects.get(pk=private_files.create("Attached to a conversation", by=reader))
    offer = add(attached, "offer.md", "A sack of marigold seeds costs 412 EUR in spring.", by=reader)
    assert IngestionRun.objects.get(version__document=offer).state == IngestionRun.State.READY
    removal.remove_documents([offer.pk])

    assert heard() == []


def test_answers_are_announced_without_a_word_of_them(
    heard: Heard, library: dict[str, Document], pending: Callable[..., Answer]
) -> None:
    answer = pending()
    async_to_sync(pipeline.answer)(answer.pk, _unheard)

    (finished,) = [one for one in heard() if not one[0].startswith("document")]
    assert (finished[0], finished[1]["answer"], finished[1]["status"]) == (
        "answer.finished",
        str(answer.pk),
        "answered",
    )
    said = json.dumps(heard())
    assert all(words not in said for words in ("parental", "60 days", "leave.md"))


def test_what_is_stopped_or_fails_is_announced_once_and_what_is_asked_from_the_shell_never(
    heard: Heard, library: dict[str, Document], pending: Callable[..., Answer], reader: User
) -> None:
    stopped = pending()
    for _ in range(2):
        store.break_off(stopped.pk, text="You get", failure="")
    run.ask_once("How many days of parental leave do I get?", user=reader)

    (only,) = [data for event, data in heard() if event == "answer.finished"]
    assert (only["answer"], only["state"]) == (str(stopped.pk), "stopped")


def test_hidden_questions_of_programs_are_announced_and_count_for_their_token(
    heard: Heard, library: dict[str, Document], reader: User
) -> None:
    token = tokens.issue(reader, name="t", scopes=[], now=reader.date_joined, days=None).token

    asked = programs.ask("How many days?", token=token, door=AskedByProgram.Door.OPENAI)

    assert store.begin(asked.pk).token_id == token.pk
    store.break_off(asked.pk, text="", failure="No.")
    assert [data["state"] for event, data in heard() if event == "answer.finished"] == ["failed"]
