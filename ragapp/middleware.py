"""What every request passes: an id, counting, giving back the database's connection, refusing what no database takes,
the admin's own content policy, keeping pages out of caches, sign-in inside htmx.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import sync_only_middleware

from ragapp.lib.addresses import client_address
from ragapp.lib.text import HasNul
from ragapp.monitoring import metrics
from ragapp.monitoring.logs import address_var, request_id_var

# What the web server takes without waiting for the one who reads.
SENT_AT_ONCE_BYTES = 64 * 1024
Get = Callable[[HttpRequest], HttpResponseBase]


def _around(
    get_response: Get,
    after: Callable[[HttpRequest, HttpResponseBase], HttpResponseBase],
    before: Callable[[HttpRequest], None] = lambda request: None,
) -> Get:
    def around(request: HttpRequest) -> HttpResponseBase:
        before(request)
        return after(request, get_response(request))

    return around


def request_id(get_response: Get) -> Get:
    """Gives each request an id that its log lines and its response carry, and notes where it comes from."""

    def before(request: HttpRequest) -> None:
        request_id_var.set(uuid.uuid4().hex)
        address_var.set(client_address(request))

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers["X-Request-ID"] = request_id_var.get()
        return response

    return _around(get_response, after, before)


def counted(get_response: Get) -> Get:
    """Counts requests and the time until their response starts, by route and not by address."""

    def before(request: HttpRequest) -> None:
        request.started = time.perf_counter()  # type: ignore[attr-defined]

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        route = request.resolver_match.route if request.resolver_match else "(none)"
        metrics.REQUESTS.labels(route=route, method=request.method, status=response.status_code).inc()
        elapsed_s = time.perf_counter() - request.started  # type: ignore[attr-defined]
        metrics.REQUEST_SECONDS.labels(route=route).observe(elapsed_s)
        return response

    return _around(get_response, after, before)


def large_without_connection(get_response: Get) -> Get:
    """Who reads a large response slowly holds none of the connections that all share; Django gives it back after it."""

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponse) and len(response.content) > SENT_AT_ONCE_BYTES and settings.DATABASE_POOL:
            close_old_connections()
        return response

    return _around(get_response, after)


@sync_only_middleware
def in_one_thread(get_response: Get) -> Get:
    """As the last one it lets all others, Django's too, run in the thread of the request, one after another.

    Else Django sends each of them, before the view and after it, to that thread and back: a request that did nothing
    took 16 ms.
    """
    return get_response


def admin_content_security_policy(get_response: Get) -> Get:
    """The admin's scripts (Alpine) need what our own pages forbid."""
    prefix = reverse("admin:index")

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(prefix):
            response._csp_update = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        return response

    return _around(get_response, after)


def no_nul_characters(get_response: Get) -> Get:
    """Answers 400 to the one character that PostgreSQL takes in no text; a cookie that holds it is as if not sent."""

    def before(request: HttpRequest) -> None:
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}

    def process_view(request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if any("\0" in text for text in _texts(request)):
            raise HasNul("A NUL character came with the request.")

    through = _around(get_response, lambda request, response: response, before)
    through.process_view = process_view  # type: ignore[attr-defined]
    return through


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path
    for fields in (request.GET, request.POST):
        for name, values in fields.lists():
            yield name
            yield from (str(value) for value in values)


def not_kept(get_response: Get) -> Get:
    """Pages made for a person who is signed in are kept by no cache, so that "back" shows nothing after signing out."""

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers["Cache-Control"] = "private, no-store"
        return response

    return _around(get_response, after)


def sign_in_inside_htmx(get_response: Get) -> Get:
    """An expired session inside a fragment request reloads the page at sign-in instead of swapping it in."""
    sign_in = reverse("accounts:sign_in")

    def after(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if getattr(request, "htmx", False) and response.status_code == 302:
            location = response.headers.get("Location", "")
            if location.startswith(sign_in):
                # Back to the page afterwards, not to the fragment.
                page = request.htmx.current_url_abs_path  # type: ignore[attr-defined]
                location = f"{sign_in}?{urlencode({'next': page})}" if page else location
                return HttpResponse(status=204, headers={"HX-Redirect": location})
        return response

    return _around(get_response, after)
