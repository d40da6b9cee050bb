"""Tokens for programs: made, shown once, recognised, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q, QuerySet

from ragapp.accounts.models import ApiToken, Scope, User
from ragapp.audit.log import record

BEGINNING = "rag_"
TOKENS_MAX = 20
# Using a token is noted at most this often: a busy program would write the row with every request.
NOTED_EVERY = timedelta(minutes=1)


class TooManyTokens(Exception):
    """The person has TOKENS_MAX tokens that work; one has to be revoked first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new token. `secret` is what the program sends; it is stored nowhere and cannot be shown again."""

    token: ApiToken
    secret: str


@transaction.atomic
def issue(owner: User, *, name: str, scopes: Collection[Scope], now: datetime, days: int | None) -> Issued:
    """A token for `owner` that works for `days` days, or until it is revoked. Raises TooManyTokens."""
    User.objects.select_for_update().get(pk=owner.pk)
    if working(owner, now=now).count() >= TOKENS_MAX:
        raise TooManyTokens
    secret = BEGINNING + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        digest=_digest(secret),
        beginning=secret[:10],
        scopes=sorted(scope.value for scope in scopes),
        expires_at=now + timedelta(days=days) if days else None,
    )
    record("token_created", by=owner, target=token, scopes=token.scopes, days=days)
    return Issued(token=token, secret=secret)


@transaction.atomic
def revoke(token: ApiToken, *, by: User, now: datetime) -> None:
    """From now on the token opens nothing; nothing happens when it is revoked already."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
        record("token_revoked", by=by, target=token, owner=token.owner_id)


def recognise(secret: str, *, now: datetime) -> ApiToken | None:
    """The token that `secret` is, with its owner; None when unknown, revoked or expired, or the owner is disabled."""
    if not secret.startswith(BEGINNING) or len(secret) > 100:
        return None
    found = (
        _alive(ApiToken.objects.all(), now)
        .filter(digest=_digest(secret), owner__is_active=True)
        .select_related("owner")
        .first()
    )
    if found is not None and (found.last_used_at is None or now - found.last_used_at > NOTED_EVERY):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def working(owner: User, *, now: datetime) -> QuerySet[ApiToken]:
    """The tokens of `owner` that open something."""
    return _alive(ApiToken.objects.filter(owner=owner, owner__is_active=True), now)


def _alive(tokens: QuerySet[ApiToken], now: datetime) -> QuerySet[ApiToken]:
    return tokens.filter(revoked_at__isnull=True).filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
