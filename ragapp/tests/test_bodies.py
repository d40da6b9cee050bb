"""How much a request may bring: little, unless it brings files and a session."""

import asyncio
from collections.abc import Iterator

import pytest
from django.urls import reverse

from ragapp.bodies import _MB, FORM_MB, limited

SESSION = [(b"cookie", b"a=b; sessionid=xyz")]
UPLOAD = "/collections/1/upload/"
REPLACE = "/documents/6f0f2c52-6f0c-4c25-8a3b-3f0a1f0c2a11/replace/"


def status_of(path: str, *, headers: list[tuple[bytes, bytes]], pieces: int = 0) -> tuple[int, int]:
    """The status, and how many bytes the application behind the limit got. `pieces` megabytes come unannounced."""
    got = 0
    statuses: list[int] = []
    coming: Iterator[bytes] = iter([b"x" * _MB] * pieces)

    async def receive() -> dict[str, object]:
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def application(scope: object, receive_on: object, send_on: object) -> None:
        nonlocal got
        assert callable(receive_on)
        while (message := await receive_on())["more_body"]:
            got += len(message["body"])
        await send({"type": "http.response.start", "status": 200})

    asyncio.run(limited(application, {"type": "http", "path": path, "headers": headers}, receive, send))
    (status,) = statuses
    return status, got


def length(megabytes: int) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", str(megabytes * _MB).encode())]


@pytest.mark.parametrize("path", [reverse("accounts:sign_in"), "/", "/nowhere/", "/ask/", UPLOAD, REPLACE])
def test_a_large_body_without_a_session_is_refused_before_it_is_read(path):
    assert status_of(path, headers=length(300), pieces=300) == (413, 0)


@pytest.mark.parametrize("path", [reverse("accounts:sign_in"), UPLOAD])
def test_a_large_body_that_is_not_announced_is_refused_while_it_is_read(path):
    assert status_of(path, headers=[], pieces=300) == (413, FORM_MB * _MB)


@pytest.mark.parametrize("path", [UPLOAD, REPLACE])
def test_a_file_of_somebody_with_a_session_is_let_through(path, settings):
    settings.MAX_UPLOAD_MB = 10

    assert status_of(path, headers=[*SESSION, *length(14)], pieces=14) == (200, 14 * _MB)
    assert status_of(path, headers=[*SESSION, *length(15)]) == (413, 0)
    assert status_of(path, headers=SESSION, pieces=15) == (413, 14 * _MB)


def test_a_session_opens_no_other_page_for_files():
    assert status_of("/ask/", headers=[*SESSION, *length(5)]) == (413, 0)
    assert status_of("/ask/", headers=[*SESSION, *length(1)], pieces=1) == (200, _MB)


def test_a_length_that_is_no_number_is_refused():
    assert status_of("/", headers=[(b"content-length", b"9" * 5000)]) == (413, 0)


@pytest.mark.django_db(transaction=True)
def test_the_application_that_is_served_stands_behind_the_limit():
    from ragapp.asgi import application

    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"x" * _MB, "more_body": True}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/account/sign-in/",
        "raw_path": b"/account/sign-in/",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    asyncio.run(application(scope, receive, send))

    assert sent[0]["status"] == 413
    assert b"too large" in bytes(sent[1]["body"])
