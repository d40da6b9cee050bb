"""/mcp: a server of the Model Context Protocol over streamable HTTP, without sessions: each request stands for itself.

The protocol is the official package's. It speaks ASGI; here it gets the request once Django's middlewares and the token
have let it through, so that limits, log lines and headers are those of every other way in. Its package is loaded with
the first message: that takes as long as the start of everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from chat.api.making import in_pool
from ragapp.accounts.models import ApiToken
from ragapp.api.callers import recognised
from ragapp.api.problems import Refused, answer

Message = MutableMapping[str, Any]
_PASSED_ON = ("accept", "content-type", "mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name", "host")


@csrf_exempt  # No session is looked at, so no other site can act through somebody's browser.
async def endpoint(request: HttpRequest) -> HttpResponse:
    """One message to the server, and what it says to it, as JSON."""
    try:
        _refuse_other_sites(request)
        token = await in_pool(lambda: _admitted(request))
        if request.method != "POST":
            # There is no stream of its own to listen to, and no session to end.
            raise Refused(405, _("Messages are sent with POST."), headers={"Allow": "POST"})
        body = _body(request)
    except Refused as refused:
        return answer(refused)
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from chat.api.mcp_tools import server_for

    manager = StreamableHTTPSessionManager(app=server_for(token, request), stateless=True, json_response=True)
    reply = _Reply(body)
    async with manager.run():
        await manager.handle_request(_scope(request), reply.receive, reply.send)
    return reply.response()


def _refuse_other_sites(request: HttpRequest) -> None:
    """A page of another site, also one that makes its name lead here, may not talk to this. Raises Refused."""
    origin = request.headers.get("Origin", "")
    if origin and (not urlsplit(origin).netloc or urlsplit(origin).netloc != request.get_host()):
        raise Refused(403, _("This comes from a page of another site."), _("Programs send no Origin."))


def _admitted(request: HttpRequest) -> ApiToken:
    from chat.api.mcp_tools import NEEDS

    token = recognised(request)
    if not any(scope in token.scopes for _, scope, _ in NEEDS.values()):
        raise Refused(403, _("The token opens no tool."), _("Make one that may read documents or ask questions."))
    return token


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        raise Refused(413, _("The request is larger than may be sent here."), _("Send less at once.")) from None


def _scope(request: HttpRequest) -> dict[str, Any]:
    headers = [(name, request.headers[name]) for name in _PASSED_ON if name in request.headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers],
        "client": None,
        "server": None,
    }


class _Reply:
    """The two ends that an ASGI application talks to; what it sent is kept."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status, self._headers, self._sent = 500, list[tuple[bytes, bytes]](), b""

    async def receive(self) -> Message:
        """The body, then nothing more: a program that hangs up ends the view."""
        if self._body is None:
            await asyncio.Event().wait()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Keeps it."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self._sent += message.get("body", b"")

    def response(self) -> HttpResponse:
        """What was sent, as Django's response."""
        found = HttpResponse(self._sent, status=self._status)
        del found.headers["Content-Type"]
        for name, value in self._headers:
            if name.lower() != b"content-length":
                found.headers[name.decode("latin-1").title()] = value.decode("latin-1")
        return found


urls = ([path("", endpoint, name="endpoint")], "mcp")
