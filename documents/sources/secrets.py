"""What lets a source in where not everybody may read: written once, kept encrypted, never shown again."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from documents.models import Source
from ragapp.privacy import vault


class Unreadable(Exception):
    """The secret is gone, or encrypted with a key that is no longer configured."""


def keep(secret: str) -> str:
    """The key under which `secret` now lies in the vault; "" for none."""
    if not secret:
        return ""
    key = f"sources/{uuid4().hex}"
    vault.save(key, secret.encode())
    return key


def load(source: Source) -> str:
    """The secret of `source`. Raises Unreadable."""
    try:
        return vault.load(source.secret_key).decode()
    except (FileNotFoundError, vault.Unreadable, UnicodeDecodeError) as error:
        raise Unreadable from error


@receiver(post_delete, sender=Source)
def forget(instance: Source, **kwargs: object) -> None:
    """A source that goes, also with its collection, takes its secret along."""
    if key := instance.secret_key:
        transaction.on_commit(lambda: vault.delete(key))
