"""The site behind a real server, and programs with tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from chat import streaming
from ragapp.accounts import tokens
from ragapp.accounts.models import Scope, User
from ragapp.tests.live import served


@pytest.fixture
def site(transactional_db: None, settings: Any) -> Iterator[str]:
    """Where the site answers. Its threads keep no connection, which would hold up the emptying of the database."""
    before = connections["default"].settings_dict["CONN_MAX_AGE"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = connections["default"].settings_dict["CONN_MAX_AGE"] = 0
    streaming._workshop = None
    with served() as url:
        yield url
    if streaming._workshop is not None:
        asyncio.run(streaming.drain(grace_s=5))
        streaming._workshop.loop.call_soon_threadsafe(streaming._workshop.loop.stop)
    streaming._workshop = None
    settings.DATABASES["default"]["CONN_MAX_AGE"] = connections["default"].settings_dict["CONN_MAX_AGE"] = before


@pytest.fixture
def secret_of() -> Callable[..., str]:
    """secret_of(user, scopes=[...]): what a program sends that has a token of that person."""

    def make(owner: User, *, scopes: Any = (Scope.CHAT,), days: int = 1) -> str:
        return tokens.issue(owner, name="test", scopes=list(scopes), now=timezone.now(), days=days).secret

    return make
