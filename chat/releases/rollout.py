"""Which release answers whom: the rollout pointer, read at question time."""

import hashlib
import json
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache

from django.db import connection, transaction

from chat import prompts
from chat.guardrails import policy
from chat.models import Experiment, PromptVersion, Release, Rollout, RolloutMove
from chat.releases import settings
from ragapp.accounts.models import User
from ragapp.lib.compiled import Compiled, compiled

# Any constant of our own; the lock makes the first release be made once.
_LOCK = 7_301_441


def production() -> Release:
    """The release in production."""
    rollout = Rollout.objects.select_related("production").filter(pk=1).first()
    return rollout.production if rollout else ensure_shipped()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The release that answers a person, and what drew it; `by` empty: the same one answers everybody."""

    release: Release
    by: str = ""


def current(user: User) -> Release:
    """The release that answers this person: always the same one while the pointer stays."""
    return drawn(user).release


def drawn(user: User) -> Drawn:
    """The release that answers this person, by the canary or the experiment that runs.

    An experiment counts only while its control is in production: whatever moves the pointer ends it for everybody.
    """
    pointer, experiment = _queries()
    rollout = next(iter(Rollout.objects.raw(pointer.sql, pointer.parameters())), None)
    if rollout is None:
        return Drawn(release=ensure_shipped())
    production = kept(rollout.production_id)
    if rollout.candidate_id is not None:
        candidate = kept(rollout.candidate_id)
        is_in = share_of(user.pk, rollout) < rollout.candidate_percent
        return Drawn(release=candidate if is_in else production, by=canary_key(candidate))
    running = next(iter(Experiment.objects.raw(experiment.sql, experiment.parameters(production.pk))), None)
    if running is None:
        return Drawn(release=production)
    key = experiment_key(running)
    if place_of(user.pk, f"{key}/share") >= running.share_percent:
        return Drawn(release=production)
    is_treated = place_of(user.pk, f"{key}/arm") < 50
    return Drawn(release=kept(running.treatment_id) if is_treated else production, by=key)


@cache
def _queries() -> tuple[Compiled, Compiled]:
    """The pointer, and the running experiment of a release. Asked for every question."""
    control = 30_001
    running = Experiment.objects.filter(state=Experiment.State.RUNNING, control=control)
    return compiled(Rollout.objects.filter(pk=1), ()), compiled(running, (control,))


def kept(pk: int) -> Release:
    """The release with its prompts, read once by each process: neither ever changes."""
    return copy(_read(pk))


@lru_cache(maxsize=64)
def _read(pk: int) -> Release:
    return Release.objects.prefetch_related("prompts").get(pk=pk)


def canary_key(candidate: Release) -> str:
    """What answers say that a canary drew, in both of its arms."""
    return f"canary:{candidate.pk}"


def experiment_key(experiment: Experiment) -> str:
    """What answers say that an experiment drew, in both of its arms."""
    return f"experiment:{experiment.pk}"


def share_of(user_id: int, rollout: Rollout) -> float:
    """The person's place between 0 and 100 for this candidate: stable, and independent between candidates."""
    return place_of(user_id, str(rollout.candidate_id))


def place_of(user_id: int, key: str) -> float:
    """The person's place between 0 and 100 for this draw, even over people and independent between draws."""
    digest = hashlib.sha256(f"{key}/{user_id}".encode()).digest()
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
        rollout.moved_by_id is None
        and rollout.candidate_id is None
        and rollout.production.name.startswith("shipped-")
        and not RolloutMove.objects.exists()
    )


def _version_of(name: str, body: str) -> PromptVersion:
    known = PromptVersion.objects.filter(name=name)
    if same := known.filter(body=body).first():
        return same
    latest = known.order_by("-number").values_list("number", flat=True).first() or 0
    return PromptVersion.objects.create(name=name, number=latest + 1, task=name, body=body)
