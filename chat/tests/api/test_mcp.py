"""The official client of the Model Context Protocol against a server of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from chat.models import Answer, AskedByProgram, Conversation
from chat.tests.conftest import hang_up_while_it_writes
from documents.models import Document
from ragapp.accounts.models import Scope, User
from ragapp.lib.windows import Rate
from ragapp.limits import rates
from ragapp.tests.scripted_llm import ScriptedLLM

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "How many days of parental leave do I get?"
BOTH = (Scope.READ, Scope.CHAT)
Library = dict[str, Document]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def talk(site: str, secret_of: Callable[..., str]) -> Callable[..., Any]:
    """talk(user, conversation): what the coroutine function makes of a client with that person's token."""

    def run(owner: User, conversation: Callable[[Client], Awaitable[Any]], scopes: Any = BOTH) -> Any:
        headers = {"Authorization": f"Bearer {secret_of(owner, scopes=scopes)}"}

        async def talking() -> Any:
            async with (
                httpx2.AsyncClient(headers=headers, timeout=60) as http,
                Client(streamable_http_client(f"{site}/mcp", http_client=http)) as client,
            ):
                return await conversation(client)

        return asyncio.run(talking())

    return run


def calling(name: str, **arguments: Any) -> Callable[[Client], Awaitable[Any]]:
    async def call(client: Client) -> Any:
        return await client.call_tool(name, arguments)

    return call


async def listing(client: Client) -> list[Any]:
    return list((await client.list_tools()).tools)


def test_both_tools_are_listed_as_reading_only_and_a_token_sees_what_it_opens(
    reader: User, talk: Callable[..., Any]
) -> None:
    tools = talk(reader, listing)

    assert [tool.name for tool in tools] == ["search", "ask"]
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert [tool.name for tool in talk(reader, listing, scopes=[Scope.READ])] == ["search"]


def test_an_answer_comes_with_its_citations_links_and_label(
    library: Library, reader: User, talk: Callable[..., Any]
) -> None:
    said = talk(reader, calling("ask", question=QUESTION))

    assert not said.is_error
    told = said.structured_content
    assert (told["status"], told["citations"][0]["path"]) == ("answered", "leave.md")
    text = said.content[0].text
    assert "60 days" in text
    assert told["citations"][0]["url"] in text
    assert told["label"] in text
    assert Conversation.objects.get().is_hidden
    assert AskedByProgram.objects.get().door == "mcp"


def test_a_sentence_without_support_says_so_to_the_model(
    library: Library, reader: User, talk: Callable[..., Any], llm: ScriptedLLM
) -> None:
    llm.always("text:You get 60 days of parental leave [1]. Parental leave is 99 days of paid leave [1].")

    said = talk(reader, calling("ask", question=QUESTION))

    verdicts = [one["is_supported"] for one in said.structured_content["sentences"]]
    assert (said.structured_content["status"], verdicts) == ("answered", [True, False])
    assert "No support was found in the sources for:\n- Parental leave is 99 days" in said.content[0].text


def test_who_may_not_read_a_document_hears_nothing_of_it(
    library: Library, reader: User, owner: User, talk: Callable[..., Any]
) -> None:
    words = "maximum salary in band E4"

    found = talk(owner, calling("search", query=words))
    assert found.structured_content["passages"][0]["path"] == "salaries.md"
    assert f"/documents/{library['salaries'].pk}/" in found.content[0].text
    for call in (calling("search", query=words), calling("ask", question=f"What is the {words}?")):
        said = talk(reader, call)
        assert "74600" not in said.model_dump_json()
        assert "salaries" not in said.model_dump_json()
    closed = talk(reader, calling("ask", question=words, collection=library["salaries"].collection_id))
    assert closed.is_error


def test_wrong_arguments_missing_scopes_and_haste_are_errors_that_the_model_can_read(
    library: Library, reader: User, talk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def everything(client: Client) -> list[Any]:
        return [
            await client.call_tool("search", {"query": "", "top": 1}),
            await client.call_tool("search", {"query": "x", "top": 1, "more": 1}),
            await client.call_tool("ask", {"question": QUESTION}),
            await client.call_tool("nothing", {}),
        ]

    monkeypatch.setitem(rates.RATES, "search", Rate(times=2, seconds=3600))
    said = talk(reader, everything, scopes=[Scope.READ])

    assert all(one.is_error for one in said)
    assert ["query" in said[0].content[0].text, "scope chat" in said[2].content[0].text] == [True, True]
    assert "too fast" in talk(reader, calling("search", query="x")).content[0].text
    assert not Answer.objects.exists()


def test_without_a_token_from_another_site_or_in_another_way_nothing_opens(
    site: str, reader: User, secret_of: Callable[..., str]
) -> None:
    own = {**ACCEPT, "Authorization": f"Bearer {secret_of(reader, scopes=BOTH)}"}
    missing = httpx.post(f"{site}/mcp", json=INITIALIZE, headers=ACCEPT)
    wrong = httpx.post(f"{site}/mcp", json=INITIALIZE, headers={**ACCEPT, "Authorization": "Bearer rag_nobody"})
    scopeless = {**ACCEPT, "Authorization": f"Bearer {secret_of(reader, scopes=[Scope.WRITE])}"}

    assert (missing.status_code, wrong.status_code) == (401, 401)
    assert missing.headers["WWW-Authenticate"].startswith("Bearer")
    assert httpx.post(f"{site}/mcp", json=INITIALIZE, headers=scopeless).status_code == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert httpx.post(f"{site}/mcp", json=INITIALIZE, headers=own | {"Origin": origin}).status_code == 403
    assert httpx.post(f"{site}/mcp", json=INITIALIZE, headers=own | {"Host": "evil.example"}).status_code == 400
    assert httpx.get(f"{site}/mcp", headers=own).status_code == 405
    assert httpx.post(f"{site}/mcp", content=b"x" * 5_000_000, headers=own).status_code == 413
    assert httpx.post(f"{site}/mcp", json=INITIALIZE, headers=own | {"Origin": site}).status_code == 200


def test_what_is_no_message_is_refused_without_a_fault(site: str, reader: User, secret_of: Callable[..., str]) -> None:
    own = {**ACCEPT, "Authorization": f"Bearer {secret_of(reader, scopes=BOTH)}", "Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b"null", b'{"jsonrpc": "2.0"}', b'{"jsonrpc":"2.0","id":1,"method":"no"}', b"\xff"):
        said = httpx.post(f"{site}/mcp", content=body, headers=own)
        assert said.status_code < 500
        assert "error" in said.json() or said.status_code == 202


def test_who_hangs_up_ends_the_making(
    library: Library, reader: User, site: str, secret_of: Callable[..., str], waiting_llm: ScriptedLLM
) -> None:
    own = {**ACCEPT, "Authorization": f"Bearer {secret_of(reader, scopes=BOTH)}"}
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}

    hang_up_while_it_writes(f"{site}/mcp", json=message, headers=own)

    assert waiting_llm.calls[0].gone.wait(10)
