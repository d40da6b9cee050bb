"""Secrets of webhooks: shown once, kept encrypted; signatures as Standard Webhooks describes them."""

from __future__ import annotations

import base64
import hmac
import secrets
from hashlib import sha256
from uuid import uuid4

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from ragapp.privacy import vault
from ragapp.webhooks.models import Endpoint

BEGINNING = "whsec_"


class Unreadable(Exception):
    """The secret is gone, or encrypted with a key that is no longer configured."""


def renew(endpoint: Endpoint) -> str:
    """A new secret in place of the one that is there, if any; the row is not saved. Raises vault.NoKey."""
    secret = BEGINNING + base64.b64encode(secrets.token_bytes(32)).decode()
    old, endpoint.secret_key = endpoint.secret_key, f"webhooks/{uuid4().hex}"
    vault.save(endpoint.secret_key, secret.encode())
    if old:
        transaction.on_commit(lambda: vault.delete(old))
    return secret


def load(endpoint: Endpoint) -> str:
    """The secret. Raises Unreadable."""
    try:
        return vault.load(endpoint.secret_key).decode()
    except (FileNotFoundError, ValueError, vault.Unreadable, vault.NoKey) as error:
        raise Unreadable from error


def headers(secret: str, *, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """What proves that the message is ours and of now: https://www.standardwebhooks.com."""
    key = base64.b64decode(secret.removeprefix(BEGINNING))
    signed = hmac.new(key, f"{message_id}.{timestamp_s}.".encode() + body, sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


@receiver(post_delete, sender=Endpoint)
def forget(instance: Endpoint, **kwargs: object) -> None:
    """An address that goes takes its secret along."""
    if key := instance.secret_key:
        transaction.on_commit(lambda: vault.delete(key))
