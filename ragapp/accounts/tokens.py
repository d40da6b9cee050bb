"""Tokens for programs: made, shown once, recognised, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from ragapp.accounts.models import ApiToken, Scope, TokenUse, User
from ragapp.audit.log import record

BEGINNING = "rag_"
TOKENS_MAX = 20
# Using a token is noted at most this often: a busy program would write the row with every request.
NOTED_EVERY = timedelta(minutes=1)
USES_KEPT = timedelta(days=90)
USES_SHOWN = 10


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


def recognise(secret: str, *, now: datetime, address: str = "") -> ApiToken | None:
    """The token that `secret` is, with its owner; None when unknown, revoked or expired, or the owner is disabled.

    That it was used now, from `address`, is noted for its owner.
    """
    if not secret.startswith(BEGINNING) or len(secret) > 100:
        return None
    found = (
        _alive(ApiToken.objects.all(), now)
        .filter(digest=_digest(secret), owner__is_active=True)
        .select_related("owner")
        .first()
    )
    if found is not None:
        _note(found, address[:45], now)
    return found


def _note(token: ApiToken, address: str, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    elif TokenUse.objects.filter(token=token, day=now.date(), address=address).exists():
        return
    # An address that is new is noted at once, however busy the token is.
    TokenUse.objects.update_or_create(token=token, day=now.date(), address=address, defaults={"last_at": now})


def forget_uses(*, now: datetime) -> int:
    """Removes what was noted longer than USES_KEPT ago; how many."""
    return TokenUse.objects.filter(last_at__lt=now - USES_KEPT).delete()[0]


def with_uses(owner: User, *, now: datetime) -> list[tuple[ApiToken, list[TokenUse]]]:
    """The tokens of `owner` that open something, each with where it was used last."""
    latest = Prefetch("uses", TokenUse.objects.order_by("-last_at")[:USES_SHOWN], to_attr="latest_uses")
    return [(token, token.latest_uses) for token in working(owner, now=now).prefetch_related(latest)]


def working(owner: User, *, now: datetime) -> QuerySet[ApiToken]:
    """The tokens of `owner` that open something."""
    return _alive(ApiToken.objects.filter(owner=owner, owner__is_active=True), now)


def _alive(tokens: QuerySet[ApiToken], now: datetime) -> QuerySet[ApiToken]:
    return tokens.filter(revoked_at__isnull=True).filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
