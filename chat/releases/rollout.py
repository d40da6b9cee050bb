"""Which release answers whom: the rollout pointer, read at question time."""

import hashlib
import json

from django.db import connection, transaction

from chat import prompts
from chat.guardrails import policy
from chat.models import PromptVersion, Release, Rollout
from chat.releases import settings
from ragapp.accounts.models import User

# Any constant of our own; the lock makes the first release be made once.
_LOCK = 7_301_441


def production() -> Release:
    """The release in production."""
    rollout = Rollout.objects.select_related("production").filter(pk=1).first()
    return rollout.production if rollout else ensure_shipped()


def current(user: User) -> Release:
    """The release that answers this person: always the same one while the pointer stays."""
    rollout = Rollout.objects.select_related("production", "candidate").filter(pk=1).first()
    if rollout is None:
        return ensure_shipped()
    if rollout.candidate is not None and share_of(user.pk, rollout) < rollout.candidate_percent:
        return rollout.candidate
    return rollout.production


def share_of(user_id: int, rollout: Rollout) -> float:
    """The person's place between 0 and 100 for this candidate: stable, and independent between candidates."""
    digest = hashlib.sha256(f"{rollout.candidate_id}/{user_id}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 * 100


def ensure_shipped() -> Release:
    """The release that comes with this version of the software; in production unless somebody chose another.

    Safe to call at once from several processes.
    """
    bodies, retrieval, guards = prompts.shipped(), settings.shipped(), policy.shipped()
    stamp = hashlib.sha256(json.dumps([bodies, retrieval, guards], sort_keys=True).encode()).hexdigest()[:8]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        release = Release.objects.filter(name=f"shipped-{stamp}").first()
        if release is None:
            release = Release.objects.create(
                name=f"shipped-{stamp}", retrieval=retrieval, guards=guards, note="Comes with the software."
            )
            release.prompts.set([_version_of(name, body) for name, body in bodies.items()])
        rollout, is_first = Rollout.objects.get_or_create(pk=1, defaults={"production": release})
        if is_first or _is_untouched(rollout):
            Rollout.objects.filter(pk=1).update(production=release)
            return release
        return rollout.production


def _is_untouched(rollout: Rollout) -> bool:
    """Nobody moved the pointer, so an upgrade of the software may."""
    return (
        rollout.moved_by_id is None and rollout.candidate_id is None and rollout.production.name.startswith("shipped-")
    )


def _version_of(name: str, body: str) -> PromptVersion:
    known = PromptVersion.objects.filter(name=name)
    if same := known.filter(body=body).first():
        return same
    latest = known.order_by("-number").values_list("number", flat=True).first() or 0
    return PromptVersion.objects.create(name=name, number=latest + 1, body=body)
