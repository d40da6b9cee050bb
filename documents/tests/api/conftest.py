"""Programs with tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from documents.models import Collection
from ragapp.accounts import tokens
from ragapp.accounts.models import Scope, User


@pytest.fixture
def program() -> Callable[..., Client]:
    """program(user, scopes=[...]): sends with each request a token of that person."""

    def make(owner: User, *, scopes: Any = (Scope.READ, Scope.WRITE)) -> Client:
        issued = tokens.issue(owner, name="test", scopes=list(scopes), now=timezone.now(), days=1)
        return Client(headers={"Authorization": f"Bearer {issued.secret}"})

    return make


@pytest.fixture
def shared(collection: Callable[..., Collection], reader: User, contributor: User, owner: User) -> Collection:
    return collection("Handbook", readers=[reader], contributors=[contributor], owners=[owner])
