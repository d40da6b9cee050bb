"""Signing in and out is audited wherever it happens."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from ragapp.accounts.models import User
from ragapp.audit.log import record


@receiver(user_logged_in)
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    record("sign_in", by=user, target=user)


@receiver(user_logged_out)
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record("sign_out", by=user, target=user)


@receiver(user_login_failed)
def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """A name that nobody has is not written down: it may be a password typed into the wrong field."""
    username = str(credentials.get("username", ""))[:150]
    person = User.objects.filter(username=username).first() if "\0" not in username else None
    record("sign_in_failed", by=None, target=person)
