"""`@limit(name)`: refuses politely with 429 what comes too often; for plain and for async views."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from ragapp.lib.addresses import client_address
from ragapp.lib.windows import seconds_to_wait
from ragapp.limits.rates import RATES

View = TypeVar("View", bound=Callable[..., Any])


def limit(name: str) -> Callable[[View], View]:
    """Refuse requests beyond RATES[name] with 429 and Retry-After; the view is not called then.

    Inside htmx the refusal is a sentence (the page's script shows its own), else a page. Raises KeyError for an
    unknown name when the view is declared.
    """
    rate = RATES[name]

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def asynchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
                user = await request.auser()
                wait_s = await asyncio.to_thread(seconds_to_wait, name, _who(user, request), rate, now=time.time())
                if wait_s:
                    return await sync_to_async(_slow_down)(request, wait_s)
                return await cast("Awaitable[HttpResponseBase]", view(request, *args, **kwargs))

            return cast("View", asynchronous)

        @wraps(view)
        def synchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            wait_s = seconds_to_wait(name, _who(request.user, request), rate, now=time.time())
            if wait_s:
                return _slow_down(request, wait_s)
            return cast("HttpResponseBase", view(request, *args, **kwargs))

        return cast("View", synchronous)

    return decorate


def _who(user: Any, request: HttpRequest) -> str:
    return f"user:{user.pk}" if user.is_authenticated else f"address:{client_address(request)}"


def _slow_down(request: HttpRequest, wait_s: int) -> HttpResponse:
    return too_many(request, _("That was too fast. Wait a minute, then try again."), wait_s)


def too_many(request: HttpRequest, sentence: str, wait_s: int) -> HttpResponse:
    """429, and when to come back: the sentence alone inside htmx, whose script shows it; else a page."""
    if getattr(request, "htmx", False):
        response = HttpResponse(sentence, status=429, content_type="text/plain; charset=utf-8")
    else:
        response = render(request, "429.html", {"sentence": sentence}, status=429)
    response.headers["Retry-After"] = str(wait_s)
    return response
