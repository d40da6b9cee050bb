"""Keys of deployments: written once, kept encrypted, never shown again."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from ragapp.llm.models import Deployment
from ragapp.privacy import vault


class Unreadable(Exception):
    """The key is gone, or encrypted with an encryption key that is no longer configured."""


def replace(deployment: Deployment, api_key: str) -> None:
    """Put `api_key` ("" for none) in place of the one that is there; the row is not saved. Raises vault.NoKey."""
    old, deployment.secret_key = deployment.secret_key, ""
    if api_key:
        deployment.secret_key = f"llm/{uuid4().hex}"
        vault.save(deployment.secret_key, api_key.encode())
    if old:
        transaction.on_commit(lambda: vault.delete(old))


def load(deployment: Deployment) -> str:
    """The key, "" for none. Raises Unreadable."""
    if not deployment.secret_key:
        return ""
    try:
        return vault.load(deployment.secret_key).decode()
    except (FileNotFoundError, vault.Unreadable, vault.NoKey, UnicodeDecodeError) as error:
        raise Unreadable from error


@receiver(post_delete, sender=Deployment)
def forget(instance: Deployment, **kwargs: object) -> None:
    """A deployment that goes takes its key along."""
    if key := instance.secret_key:
        transaction.on_commit(lambda: vault.delete(key))
