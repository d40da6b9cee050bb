"""Moves of the pointer: the row, its history and the audit log change together, one move at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Experiment, Release, Rollout, RolloutMove
from chat.releases.rollout import ensure_shipped
from ragapp.accounts.models import User
from ragapp.audit import log as audit
from ragapp.lib.said import Words, in_languages

Kind = RolloutMove.Kind


class NotMoved(Exception):
    """The pointer stays: it does not stand where the move begins. The message says so to the person."""


class State(StrEnum):
    """Where a release stands, from the pointer and its history."""

    DRAFT = "draft"
    CANDIDATE = "candidate"
    PRODUCTION = "production"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """For people."""
        return {
            State.DRAFT: _("Draft"),
            State.CANDIDATE: _("Candidate"),
            State.PRODUCTION: _("Production"),
            State.RETIRED: _("Retired"),
        }[self]


def states(releases: Iterator[Release] | list[Release]) -> dict[int, State]:
    """The state of each, by id."""
    pointer = Rollout.objects.filter(pk=1).first()
    tried = set(Experiment.objects.filter(state=Experiment.State.RUNNING).values_list("treatment", flat=True))
    ids = [release.pk for release in releases]
    moved = RolloutMove.objects.filter(
        Q(production__in=ids) | Q(production_before__in=ids) | Q(candidate__in=ids) | Q(candidate_before__in=ids)
    ).values_list("production", "production_before", "candidate", "candidate_before")
    used = {pk for row in moved for pk in row if pk}
    found = {}
    for pk in ids:
        if pointer is not None and pk == pointer.production_id:
            found[pk] = State.PRODUCTION
        elif (pointer is not None and pk == pointer.candidate_id) or pk in tried:
            found[pk] = State.CANDIDATE
        else:
            found[pk] = State.RETIRED if pk in used else State.DRAFT
    return found


def begin(
    candidate: Release, percent: int, *, by: User, reason: Words = "", evidence: Mapping[str, Any]
) -> RolloutMove:
    """`candidate` answers `percent` of the people. Raises NotMoved."""
    with _pointer() as pointer:
        if pointer.candidate_id is not None:
            raise NotMoved(_("%(name)s is being tried already. End that first.") % {"name": pointer.candidate})
        if pointer.production_id == candidate.pk:
            raise NotMoved(_("%(name)s is in production already.") % {"name": candidate})
        if running := Experiment.objects.filter(state=Experiment.State.RUNNING).first():
            raise NotMoved(_("The experiment “%(name)s” is running. End it first.") % {"name": running})
        return _move(
            pointer, Kind.CANARY_STARTED, candidate=candidate, percent=percent, by=by, reason=reason, evidence=evidence
        )


def share(
    candidate: Release, percent: int, *, by: User | None, reason: Words, evidence: Mapping[str, Any]
) -> RolloutMove:
    """The candidate answers another share of the people. Raises NotMoved."""
    with _pointer() as pointer:
        _must_be_candidate(pointer, candidate)
        return _move(
            pointer, Kind.SHARE_CHANGED, candidate=candidate, percent=percent, by=by, reason=reason, evidence=evidence
        )


def end(candidate: Release, *, by: User | None, reason: Words, evidence: Mapping[str, Any]) -> RolloutMove:
    """The candidate answers nobody any more. Raises NotMoved."""
    with _pointer() as pointer:
        _must_be_candidate(pointer, candidate)
        return _move(pointer, Kind.ROLLED_BACK, candidate=None, percent=0, by=by, reason=reason, evidence=evidence)


def promote(release: Release, *, by: User | None, reason: Words, evidence: Mapping[str, Any]) -> RolloutMove:
    """`release` answers everybody, and nothing is tried beside it. Raises NotMoved."""
    with _pointer() as pointer:
        if pointer.production_id == release.pk:
            raise NotMoved(_("%(name)s is in production already.") % {"name": release})
        if pointer.candidate_id not in (None, release.pk):
            raise NotMoved(_("%(name)s is being tried already. End that first.") % {"name": pointer.candidate})
        return _move(
            pointer, Kind.PROMOTED, production=release, candidate=None, percent=0, by=by, reason=reason,
            evidence=evidence,
        )  # fmt: skip


def back(*, by: User, reason: Words) -> RolloutMove:
    """The way back by one click: a candidate goes; without one, what was in production before answers again.

    Raises NotMoved when there is nothing to go back to.
    """
    with _pointer() as pointer:
        if pointer.candidate_id is not None:
            return _move(pointer, Kind.ROLLED_BACK, candidate=None, percent=0, by=by, reason=reason, evidence={})
        before = before_this(pointer.production)
        if before is None:
            raise NotMoved(_("Nothing was in production before %(name)s.") % {"name": pointer.production})
        return _move(
            pointer, Kind.ROLLED_BACK, production=before, candidate=None, percent=0, by=by, reason=reason, evidence={}
        )


def where() -> Rollout:
    """Where the pointer stands."""
    ensure_shipped()
    return Rollout.objects.select_related("production", "candidate").get(pk=1)


def before_this(production: Release) -> Release | None:
    """What was in production before `production` came there last; never what it was rolled back from."""
    arrivals = RolloutMove.objects.filter(production=production, kind=Kind.PROMOTED).exclude(
        production_before=production
    )
    arrived = arrivals.select_related("production_before").first()
    return arrived.production_before if arrived else None


@contextmanager
def _pointer() -> Iterator[Rollout]:
    ensure_shipped()
    with transaction.atomic():
        yield Rollout.objects.select_for_update(of=("self",)).select_related("production", "candidate").get(pk=1)


def _must_be_candidate(pointer: Rollout, candidate: Release) -> None:
    if pointer.candidate_id != candidate.pk:
        raise NotMoved(_("%(name)s is not being tried any more.") % {"name": candidate})


def _move(
    pointer: Rollout,
    kind: RolloutMove.Kind,
    *,
    candidate: Release | None,
    percent: int,
    by: User | None,
    reason: Words,
    evidence: Mapping[str, Any],
    production: Release | None = None,
) -> RolloutMove:
    was, tried = pointer.production, pointer.candidate
    pointer.production = production or was
    pointer.candidate, pointer.candidate_percent, pointer.moved_by = candidate, percent, by
    pointer.save()
    move = RolloutMove.objects.create(
        kind=kind,
        production=pointer.production,
        production_before=was,
        candidate=candidate,
        candidate_before=tried,
        candidate_percent=percent,
        moved_by=by,
        reason_said=in_languages(reason, most=1000),
        evidence=dict(evidence),
    )
    if pointer.production != was:
        ended = Experiment.objects.filter(state=Experiment.State.RUNNING)
        ended.update(
            state=Experiment.State.ENDED,
            ended_at=timezone.now(),
            conclusion_said=in_languages(
                lambda: _("Ended when %(name)s came into production.") % {"name": pointer.production}, most=500
            ),
        )
    audit.record(
        f"release_{kind.value}",
        by=by,
        target=candidate or tried or pointer.production,
        percent=percent,
        production=pointer.production.name,
        production_before=was.name,
    )
    return move
