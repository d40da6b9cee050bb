"""How large the body of a request may be. Decided before Django reads it, since Django keeps what it reads on disk."""

from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.urls import Resolver404, resolve

from ragapp.api.problems import Refused, written_for

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

# Forms hold words; a question has at most 20 000 characters.
FORM_MB = 4
# All files of one request together: our script sends one in each, a form without script may send several small ones.
WITH_FILES = frozenset({"documents:upload", "documents:replace", "documents:incoming"})
# Programs send files with a token.
WITH_FILES_BY_TOKEN = frozenset({"api:add", "api:replace", "api:unpack", "api_tus:part"})
_MB = 1024 * 1024
_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"connection", b"close"),
)


class _TooLarge(Exception):
    """More has arrived than was announced or than is allowed."""


def most_bytes(path: str, headers: dict[bytes, bytes]) -> int:
    """How large the body of a request to `path` may be. Files are taken only with a session, or a token."""
    try:
        view = resolve(path).view_name
    except Resolver404:
        view = ""
    by_token = view in WITH_FILES_BY_TOKEN and headers.get(b"authorization", b"").lower().startswith(b"bearer ")
    if by_token or (view in WITH_FILES and _has_session(headers)):
        return (settings.MAX_UPLOAD_MB + FORM_MB) * _MB
    return FORM_MB * _MB


async def limited(application: Application, scope: Any, receive: Receive, send: Send) -> None:
    """Runs `application`; answers 413 to a body that is announced, or turns out, to be too large."""
    headers = dict(scope["headers"])
    most = most_bytes(scope["path"], headers)
    announced = headers.get(b"content-length", b"0")
    if not announced.isdigit() or len(announced) > 15 or int(announced) > most:
        await _refuse(scope["path"], send)
        return
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _TooLarge
        return message

    try:
        await application(scope, counted, send)
    except _TooLarge:
        # Django answers only after the whole body: nothing has been sent yet.
        await _refuse(scope["path"], send)


def _has_session(headers: dict[bytes, bytes]) -> bool:
    try:
        cookies = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return False
    return settings.SESSION_COOKIE_NAME in cookies


async def _refuse(path: str, send: Send) -> None:
    if written := written_for(path):
        said = written(Refused(413, "The request is larger than may be sent here.", "Send less at once."))
        kind, page = said.headers["Content-Type"].encode(), said.content
    else:
        kind, page = b"text/html; charset=utf-8", get_template("413.html").render().encode()
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-type", kind), *_HEADERS]})
    await send({"type": "http.response.body", "body": page})
