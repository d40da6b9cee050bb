"""Answers in the making: followed, resumed, stopped, left alone, and found dead."""

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from openpyxl import Workbook

from chat import conversations, events, following, streaming, tasks
from chat.models import Answer
from chat.tests.conftest import followed, made
from documents import uploads
from documents.ingestion import pipeline as ingestion
from documents.models import Document
from ragapp.accounts.models import User
from ragapp.lib.offload import close_pool
from ragapp.tests.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.django_db(transaction=True)

Pending = Callable[..., Answer]


@pytest.fixture(autouse=True)
def _own_workshop() -> Iterator[None]:
    """As in a process of its own: a workshop that was drained takes no more answers."""
    streaming._workshop = None
    yield
    if streaming._workshop is not None:
        asyncio.run(streaming.drain(grace_s=5))
        streaming._workshop.loop.call_soon_threadsafe(streaming._workshop.loop.stop)
    streaming._workshop = None


def stopped(answer: Answer) -> list[events.Event]:
    """Launched, and stopped as soon as there is text."""

    async def launch_and_stop() -> list[events.Event]:
        streaming.launch(answer.pk)
        seen = []
        async for event in following.read(answer.pk):
            seen.append(event)
            if event.kind == "text":
                await streaming.stop(answer.pk)
        return seen

    return asyncio.run(launch_and_stop())


def test_sources_come_before_the_first_word_and_done_comes_last(library: dict[str, Document], pending: Pending) -> None:
    answer = pending()

    kinds = [event.kind for event in made(answer)]

    assert kinds.index("sources") < kinds.index("text") < kinds.index("done") == len(kinds) - 1
    answer.refresh_from_db()
    assert (answer.state, answer.status) == ("done", "answered")


def test_a_source_in_the_making_names_the_sheet_that_is_quoted(
    library: dict[str, Document], owner: User, pending: Pending
) -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["Plan", "Premium in EUR"])  # type: ignore[union-attr]
    fees = book.create_sheet("Fees")
    fees.append(["Permit", "Fee in EUR"])
    fees.append(["Forklift permit", 85])
    book.save(file)
    accepted = uploads.accept(library["leave"].collection, name="fees.xlsx", content=file.getvalue(), by=owner)
    ingestion.advance(accepted.version.pk)

    told = [event.data["sources"] for event in made(pending("What is the fee of the forklift permit?"))
            if event.kind == "sources"]  # fmt: skip

    assert [source["sheet"] for source in told[-1] if source["filename"] == "fees.xlsx"] == ["Fees"]


def test_a_reload_goes_on_behind_the_last_event_that_was_seen(library: dict[str, Document], pending: Pending) -> None:
    answer = pending()
    seen = made(answer)
    Answer.objects.filter(pk=answer.pk).update(state=Answer.State.STREAMING)  # as while it is being made

    rest = followed(answer.pk, after=seen[-3].id)

    assert [event.id for event in rest] == [event.id for event in seen[-2:]]


def test_a_finished_answer_is_done_at_once(library: dict[str, Document], pending: Pending) -> None:
    answer = pending()
    made(answer)

    assert [event.kind for event in followed(answer.pk)] == ["done"]


def test_an_answer_is_finished_although_nobody_follows(library: dict[str, Document], pending: Pending) -> None:
    answer = pending()

    async def launch_and_leave() -> None:
        streaming.launch(answer.pk)
        async for _ in following.read(answer.pk):
            break

    asyncio.run(launch_and_leave())
    followed(answer.pk)

    assert Answer.objects.get(pk=answer.pk).state == "done"


def test_stop_keeps_the_text_so_far_and_hangs_up_on_the_provider(
    library: dict[str, Document], pending: Pending, waiting_llm: ScriptedLLM
) -> None:
    answer = pending()

    seen = stopped(answer)

    answer.refresh_from_db()
    assert seen[-1].data["state"] == "stopped"
    assert (answer.state, answer.text) == ("stopped", "You get 60 days [1].")
    assert answer.citations.count() == 1
    assert waiting_llm.calls[0].gone.wait(5)


def test_a_stopped_answer_of_the_documents_keeps_its_first_sentence_and_that_citation(
    library: dict[str, Document], pending: Pending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PACE_S", 60.0)
    answer = pending("How many days of parental leave do I get, and which form do I hand in?")

    seen = stopped(answer)

    answer.refresh_from_db()
    assert seen[-1].data["state"] == answer.state == "stopped"
    assert answer.text.endswith("[1]")
    assert [citation.marker for citation in answer.citations.all()] == [1]


def test_stop_works_from_another_process(
    library: dict[str, Document], pending: Pending, waiting_llm: ScriptedLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The stopping side does not know the answer, as in a process that does not make it.
    async def stop_from_elsewhere(answer_id: Any) -> None:
        await events.request_stop(answer_id)

    monkeypatch.setattr(streaming, "stop", stop_from_elsewhere)
    answer = pending()

    seen = stopped(answer)

    assert seen[-1].data["state"] == "stopped"


def test_without_redis_the_answer_is_made_and_can_be_polled(
    library: dict[str, Document], pending: Pending, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    monkeypatch.setattr(following, "POLL_S", 0.05)
    answer = pending()

    seen = made(answer)

    assert seen[-1].data == {"state": "done", "status": "answered"}
    assert "60 days" in Answer.objects.get(pk=answer.pk).text


def test_stop_without_redis_reaches_the_maker_with_its_heartbeat(
    library: dict[str, Document],
    pending: Pending,
    waiting_llm: ScriptedLLM,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(following, "POLL_S", 0.05)
    answer = pending()

    async def stop_from_elsewhere(answer_id: Any) -> None:
        await asyncio.to_thread(
            lambda: (
                Answer.objects.filter(pk=answer_id).update(state=Answer.State.STOPPED),
                connections.close_all(),
            )
        )

    monkeypatch.setattr(streaming, "stop", stop_from_elsewhere)
    stopped(answer)
    asyncio.run(streaming.drain(grace_s=10))

    answer.refresh_from_db()
    assert (answer.state, answer.text) == ("stopped", "You get 60 days [1].")


def test_a_process_that_ends_stores_what_its_answers_have_so_far(
    library: dict[str, Document], pending: Pending, waiting_llm: ScriptedLLM
) -> None:
    answer = pending()

    async def launch_and_end() -> None:
        streaming.launch(answer.pk)
        async for event in following.read(answer.pk):
            if event.kind == "text":
                await streaming.drain(grace_s=0)

    asyncio.run(launch_and_end())

    answer.refresh_from_db()
    assert (answer.state, answer.text) == ("stopped", "You get 60 days [1].")
    assert answer.notice.startswith("The service was restarted")


def test_a_conversation_gets_its_title_from_the_model(
    library: dict[str, Document], pending: Pending, llm: ScriptedLLM
) -> None:
    answer = pending("How many days of parental leave do I get, and who decides when they begin?")
    llm.will("answer", "text:**Parental leave.**")

    made(answer)
    asyncio.run(streaming.drain(grace_s=10))

    conversation = answer.turn.conversation
    conversation.refresh_from_db()
    assert conversation.title == "Parental leave"


def test_two_launches_make_one_answer(library: dict[str, Document], pending: Pending, llm: ScriptedLLM) -> None:
    answer = pending()

    async def launch_twice() -> None:
        streaming.launch(answer.pk)
        streaming.launch(answer.pk)
        async for _ in following.read(answer.pk):
            pass

    asyncio.run(launch_twice())

    assert len(llm.calls) == 1


def test_an_answer_of_a_dead_process_fails_and_can_be_asked_again(
    library: dict[str, Document], pending: Pending, reader: Any
) -> None:
    answer = pending()
    Answer.objects.filter(pk=answer.pk).update(
        state=Answer.State.STREAMING, heartbeat_at=timezone.now() - timedelta(minutes=2)
    )

    tasks.fail_abandoned()
    tasks.fail_abandoned()

    answer.refresh_from_db()
    assert (answer.state, answer.status) == ("failed", "failed")
    assert "try again" in answer.failure
    again = conversations.again(answer, user=reader)
    assert made(again)[-1].data == {"state": "done", "status": "answered"}


def test_a_living_answer_is_left_alone(pending: Pending) -> None:
    answer = pending()

    tasks.fail_abandoned()

    answer.refresh_from_db()
    assert answer.state == "pending"


def test_a_reader_who_loses_the_right_is_sent_away(
    library: dict[str, Document], pending: Pending, waiting_llm: ScriptedLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RIGHTS_CHECK_S", 0.0)
    answer = pending()

    async def never() -> bool:
        return False

    async def follow() -> list[events.Event]:
        streaming.launch(answer.pk)
        seen = [event async for event in following.read(answer.pk, may_see=never)]
        await streaming.stop(answer.pk)
        async for _ in following.read(answer.pk):
            pass
        return seen

    assert [event.data for event in asyncio.run(follow())] == [{"state": "gone", "status": ""}]


def test_answers_leave_no_more_connections_than_there_are_threads_and_the_end_none(
    library: dict[str, Document], pending: Pending
) -> None:
    from django.db import connection

    def open_connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    close_pool()
    before = open_connections()

    for answer in [pending() for _ in range(6)]:
        made(answer)
    asyncio.run(streaming.drain(grace_s=10))
    assert open_connections() <= before + settings.ANSWER_THREADS
    close_pool()

    # The server takes a moment to see that one is closed.
    deadline = time.monotonic() + 20
    while open_connections() > before and time.monotonic() < deadline:
        pass
    assert open_connections() <= before


def test_the_server_may_start_and_stop_by_the_lifespan_protocol() -> None:
    from ragapp.asgi import application

    messages = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": next(messages)}

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    asyncio.run(application({"type": "lifespan"}, receive, send))

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
