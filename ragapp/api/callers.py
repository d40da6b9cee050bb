"""Who calls the API: a token, its owner with the rights of this moment, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja.security import HttpBearer

from ragapp.accounts import tokens
from ragapp.accounts.models import ApiToken, Scope, User
from ragapp.api.problems import Refused, answer
from ragapp.lib.addresses import client_address
from ragapp.lib.windows import seconds_to_wait
from ragapp.limits.rates import RATES

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ragapp"'}
_LIMITS = {Scope.READ: "api_read", Scope.WRITE: "api_write", Scope.CHAT: "ask"}


class Bearer(HttpBearer):
    """Lets a request pass that brings a token with `scope`. Cookies open nothing here."""

    def __init__(self, scope: Scope, *, counted_as: str = "") -> None:
        super().__init__()
        self.scope, self.counted_as = scope, counted_as

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token. Raises Refused with 401, 403 or 429."""
        return admit(request, token, self.scope, counted_as=self.counted_as)


def admit(request: HttpRequest, secret: str, scope: Scope, *, counted_as: str = "") -> ApiToken:
    """The token of this request, whose owner becomes `request.user`. Raises Refused with 401, 403 or 429.

    It counts as one more of `counted_as` in RATES, else of what the scope counts as.
    """
    found = _recognised(request, secret)
    allow(found, scope, counted_as=counted_as)
    request.user = found.owner
    return found


def admitted(request: HttpRequest, scope: Scope, *, counted_as: str = "") -> ApiToken:
    """As admit, with the token that stands in the header of the request."""
    return admit(request, _sent(request), scope, counted_as=counted_as)


def recognised(request: HttpRequest) -> ApiToken:
    """The token that stands in the header, whatever it allows. Raises Refused with 401 or 429."""
    return _recognised(request, _sent(request))


def allow(token: ApiToken, scope: Scope, *, counted_as: str = "") -> None:
    """Counts one more use of `scope`. Raises Refused with 403 or 429."""
    _count(counted_as or _LIMITS[scope], f"user:{token.owner_id}")
    if scope not in token.scopes:
        raise Refused(
            403,
            _("The token lacks the scope %(scope)s.") % {"scope": scope.value},
            _("Make one that has it on your account page."),
        )


def owner_of(request: HttpRequest) -> User:
    """The person in whose name an admitted request acts."""
    assert isinstance(request.user, User)
    return request.user


def token_of(request: HttpRequest) -> ApiToken:
    """The token of an admitted request."""
    token = getattr(request, "auth", None)
    assert isinstance(token, ApiToken)
    return token


def for_programs(scope: Scope) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """For views beside the JSON operations: as Bearer, and refusals are answered as problems."""

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        # No session is looked at, so no other site can act through somebody's browser.
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                admitted(request, scope)
                return view(request, *args, **kwargs)
            except Refused as refused:
                return answer(refused)

        return guarded

    return decorate


def missing() -> Refused:
    """No token came with the request."""
    return Refused(401, _("No token came with the request."), _("Send it as “Authorization: Bearer …”."), CHALLENGE)


def _speak(request: HttpRequest, token: ApiToken) -> None:
    """Errors are in the language that the program asks for; where it asks for none, in that of the token's owner."""
    if not request.headers.get("Accept-Language") and token.owner.language:
        translation.activate(token.owner.language)


def _sent(request: HttpRequest) -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise missing()
    return secret.strip()


def _recognised(request: HttpRequest, secret: str) -> ApiToken:
    found = tokens.recognise(secret, now=timezone.now(), address=client_address(request))
    if found is None:
        _count("api_refused", f"address:{client_address(request)}")
        raise Refused(401, _("This token opens nothing."), _("Make another on your account page."), CHALLENGE)
    _speak(request, found)
    return found


def _count(limit: str, who: str) -> None:
    wait_s = seconds_to_wait(limit, who, RATES[limit], now=time.time())
    if wait_s:
        raise Refused(
            429,
            _("That was too fast."),
            _("Go on in %(seconds)s seconds.") % {"seconds": wait_s},
            {"Retry-After": str(wait_s)},
        )
