"""Questions, answers and conversations through the JSON API: what comes back, and to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from chat import following, streaming
from chat.models import Answer, Conversation
from chat.tests.conftest import followed
from documents import access
from documents.models import Document
from ragapp.accounts.models import Scope, User

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "How many days of parental leave do I get?"
Library = dict[str, Document]


@pytest.fixture(autouse=True)
def _own_workshop() -> Iterator[None]:
    """As in a process of its own."""
    streaming._workshop = None
    yield
    if streaming._workshop is not None:
        asyncio.run(streaming.drain(grace_s=5))
        streaming._workshop.loop.call_soon_threadsafe(streaming._workshop.loop.stop)
    streaming._workshop = None


@pytest.fixture
def program(secret_of: Callable[..., str]) -> Callable[..., Client]:
    """program(user): sends with each request a token of that person."""

    def make(owner: User, **options: Any) -> Client:
        return Client(headers={"Authorization": f"Bearer {secret_of(owner, **options)}"})

    return make


def send(client: Client, path: str, body: Any = None, method: str = "post") -> Any:
    return getattr(client, method)(f"/api/{path}", body or {}, content_type="application/json")


def asked(client: Client, **more: Any) -> dict[str, Any]:
    """The finished answer."""
    made = send(client, "questions", {"question": QUESTION} | more)
    assert made.status_code == 202
    followed(made.json()["id"])
    found: dict[str, Any] = client.get(f"/api/answers/{made.json()['id']}").json()
    return found


def test_a_question_is_asked_answered_explained_and_its_conversation_listed_and_deleted(
    library: Library, reader: User, program: Callable[..., Client]
) -> None:
    client = program(reader)
    answer = asked(client)
    assert (answer["state"], answer["status"]) == ("done", "answered")
    assert "60 days" in answer["text"]
    assert answer["label"]
    assert answer["citations"][0]["path"] == "leave.md"
    assert answer["sentences"][0]["is_supported"]

    why = client.get(f"/api/answers/{answer['id']}/why").json()
    assert (why["decision"], why["withheld"]) == ("answered", 0)
    assert any(passage["is_used"] for passage in why["passages"])
    assert why["ms"]["retrieve"] > 0

    asked(client, question="Can it be split?", conversation=answer["conversation"])
    again = send(client, f"answers/{answer['id']}/again").json()
    followed(again["id"])
    thread = client.get(f"/api/conversations/{answer['conversation']}").json()
    assert [len(turn["answers"]) for turn in thread["turns"]] == [2, 1]
    assert "two parts" in thread["turns"][1]["answers"][0]["text"]

    hidden = asked(client, is_hidden=True)["conversation"]
    listed = client.get("/api/conversations").json()
    assert [one["id"] for one in listed["items"]] == [answer["conversation"]]
    for one in (hidden, answer["conversation"]):
        assert client.delete(f"/api/conversations/{one}").status_code == 204
        assert client.get(f"/api/conversations/{one}").status_code == 404
    assert client.get(f"/api/answers/{answer['id']}").status_code == 404
    assert client.get("/api/conversations").json()["items"] == []


def test_conversations_come_a_page_at_a_time(reader: User, program: Callable[..., Client]) -> None:
    for n in range(5):
        Conversation.objects.create(user=reader, title=f"No. {n}")
    client, seen, after = program(reader), [], ""

    while after is not None:
        page = client.get("/api/conversations", {"limit": 2, "after": after}).json()
        seen += [one["title"] for one in page["items"]]
        after = page["next"]

    assert seen == [f"No. {n}" for n in (4, 3, 2, 1, 0)]
    assert client.get("/api/conversations", {"after": "somewhere"}).status_code == 422


def test_answers_and_conversations_of_others_look_as_if_they_were_not_there(
    library: Library, reader: User, owner: User, program: Callable[..., Client]
) -> None:
    answer = asked(program(reader))
    other = program(owner)

    for method, path in (
        ("get", "answers/{}"), ("get", "answers/{}/why"), ("post", "answers/{}/again"), ("post", "answers/{}/stop"),
        ("put", "answers/{}/feedback"), ("delete", "answers/{}/feedback"),
    ):  # fmt: skip
        found = send(other, path.format(answer["id"]), {"thumb": 1}, method)
        assert (found.status_code, found.content) == (
            404,
            send(other, path.format(uuid4()), {"thumb": 1}, method).content,
        )
    thread = answer["conversation"]
    assert other.get(f"/api/conversations/{thread}").status_code == 404
    assert other.delete(f"/api/conversations/{thread}").status_code == 404
    assert send(other, "questions", {"question": QUESTION, "conversation": thread}).status_code == 404
    assert (
        send(
            program(reader), "questions", {"question": "x", "collection": library["salaries"].collection_id}
        ).status_code
        == 404
    )


def test_an_answer_is_withheld_once_a_source_is_closed(
    library: Library, reader: User, owner: User, program: Callable[..., Client]
) -> None:
    client = program(reader)
    answer = asked(client)
    access.unshare(library["leave"].collection.access_list, user=reader, by=owner)

    found = client.get(f"/api/answers/{answer['id']}")
    why = client.get(f"/api/answers/{answer['id']}/why")
    thread = client.get(f"/api/conversations/{answer['conversation']}")

    assert found.json()["is_withheld"]
    assert why.json()["withheld"] > 0
    assert all("60 days" not in each.content.decode() and "leave.md" not in each.content.decode()
               for each in (found, why, thread))  # fmt: skip


def test_a_running_answer_is_stopped(
    library: Library, reader: User, program: Callable[..., Client], waiting_llm: Any
) -> None:
    client = program(reader)
    made = send(client, "questions", {"question": QUESTION}).json()
    assert (made["state"] in ("pending", "streaming"), made["label"]) == (True, "")
    written_to(made["id"])

    assert send(client, f"answers/{made['id']}/stop").status_code == 204
    followed(made["id"])

    assert client.get(f"/api/answers/{made['id']}").json()["state"] == "stopped"


def written_to(answer_id: str) -> None:
    """Waits for the first words."""

    async def wait() -> None:
        async for event in following.read(UUID(answer_id)):
            if event.kind == "text":
                return

    asyncio.run(wait())


def test_feedback_is_given_changed_and_taken_back(
    library: Library, reader: User, program: Callable[..., Client]
) -> None:
    client, path = program(reader), f"answers/{asked(program(reader))['id']}/feedback"

    assert send(client, path, {"thumb": 1}, "put").json()["thumb"] == 1
    changed = send(client, path, {"thumb": -1, "reasons": ["wrong", "wrong"], "rating": 2, "comment": "No."}, "put")
    assert changed.json() | {"answer": ""} == {
        "answer": "",
        "thumb": -1,
        "reasons": ["wrong"],
        "rating": 2,
        "comment": "No.",
    }
    assert send(client, path, {"thumb": 5}, "put").status_code == 422
    assert send(client, path, method="delete").status_code == 204
    assert Answer.objects.get().feedback.count() == 0  # type: ignore[attr-defined]


def test_search_finds_what_the_owner_of_the_token_may_read(
    library: Library, reader: User, owner: User, program: Callable[..., Client]
) -> None:
    words = {"query": "maximum salary in band E4"}
    by_owner = send(program(owner, scopes=[Scope.READ]), "search", words).json()["results"]
    by_reader = send(program(reader, scopes=[Scope.READ]), "search", words).json()["results"]

    assert (by_owner[0]["path"], by_owner[0]["ranks"]["lexical"]) == ("salaries.md", 1)
    assert "74600" in by_owner[0]["text"]
    assert by_reader
    assert all("74600" not in one["text"] for one in by_reader)
    closed = {"collections": [library["salaries"].collection_id]}
    assert send(program(reader, scopes=[Scope.READ]), "search", words | closed).status_code == 404
    assert send(program(reader), "search", words).status_code == 403


def test_a_question_that_says_nothing_is_refused(reader: User, program: Callable[..., Client]) -> None:
    client = program(reader)

    for body in ({"question": " \0 "}, {"question": ""}, {"question": "x" * 20_001}, {}):
        refused = send(client, "questions", body)
        assert refused.status_code == 422
        assert refused.json()["detail"]
    assert not Conversation.objects.exists()
