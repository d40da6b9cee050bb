"""A check of a source, a slice of a few seconds at a time: begin, look at each address, settle what is missing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from documents import leases
from documents.access import collections_for
from documents.models import Level, Source, SourcePage, SyncItem, SyncRun
from documents.sources import frontier, runs, secrets, settling, visiting
from documents.sources.addresses import lines, normal
from documents.sources.fetching import Web
from documents.sources.folder import FolderRefused
from documents.sources.keeping import Kept
from documents.sources.settling import FOUND
from ragapp.accounts.models import User
from ragapp.lib import outbound

logger = logging.getLogger(__name__)

State = SyncRun.State
Outcome = SyncItem.Outcome

# How long a worker stays with one source before others have their turn; how long it waits for a site itself.
SLICE_S, WAIT_MAX_S = 8.0, runs.WAIT_MAX_S
UNEXPECTED = "Something went wrong during this check."
UNEXPECTED_HINT = "Check again. If it happens again, ask an administrator to look at the log."


class Stopped(Exception):
    """The check cannot go on: `message` says why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as the check sees it, in seconds since 1970; `sleep` waits."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


REAL_CLOCK = Clock()


def advance(run_id: int, *, clock: Clock = REAL_CLOCK) -> bool:
    """Take the check on for a slice; True when it wants another one at once. Safe to call at any time, twice."""
    run = runs.claim(run_id)
    if run is None:
        return False
    try:
        return _slice(run, clock)
    except leases.LeaseLost:
        logger.info("sources.check_lost", extra={"run": run_id})
    except (Stopped, FolderRefused) as error:
        runs.end(run, State.FAILED, failure=error.message, hint=error.hint)
    except Exception:
        # The edge of the work: whatever it was, the check ends and its source says so.
        logger.exception("sources.check_failed", extra={"run": run_id})
        runs.end(run, State.FAILED, failure=UNEXPECTED, hint=UNEXPECTED_HINT)
    return False


def _slice(run: SyncRun, clock: Clock) -> bool:
    owner, until = _owner_of(run.source), clock.now() + SLICE_S
    web = _web(run, clock)
    if not run.items.exists():
        frontier.begin(run)
    while (item := frontier.next_item(run)) is not None:
        wait = web.next_at - clock.now()
        if clock.now() + max(wait, 0) > until or wait > WAIT_MAX_S:
            return _pause(run, web, clock)
        if wait > 0:
            clock.sleep(wait)
        runs.renew(run)
        _look_at(run, item, web, owner)
    _require_something(run)
    if not settling.settle(run, owner, until=lambda: clock.now() > until):
        return _pause(run, web, clock)
    return False


def _look_at(run: SyncRun, item: SyncItem, web: Web, owner: User) -> None:
    """One address, from asking for it to its outcome; what it became and what it leads to are saved together."""
    if item.is_sitemap:
        seen = visiting.sitemap(run, item, web)
    elif run.source.kind == Source.Kind.FOLDER:
        seen = visiting.file(run, item)
    else:
        seen = visiting.page(run, item, web)
    with transaction.atomic():
        leases.hold(run)
        kept = visiting.keep(run, seen, by=owner, now=timezone.now())
        visiting.lead_on(run, seen)
        _note(item, kept)


def _note(item: SyncItem, kept: Kept) -> None:
    SyncItem.objects.filter(pk=item.pk).update(outcome=kept.outcome, reason=kept.reason[:300], document=kept.document)


def _pause(run: SyncRun, web: Web, clock: Clock) -> bool:
    """Let others have their turn. When the site wants a rest, the sweeper brings the check back."""
    run.robots = web.robots
    rests = web.next_at - clock.now()
    runs.release(run, rests_until=datetime.fromtimestamp(web.next_at, UTC) if rests > 0 else None)
    return rests <= WAIT_MAX_S


def _owner_of(source: Source) -> User:
    """The person in whose name the source works, who must still own the collection. Raises Stopped."""
    owner = source.owner
    if owner is None or not collections_for(owner, Level.OWNER).filter(pk=source.collection_id).exists():
        raise Stopped(
            "The person who set this source up no longer owns the collection, so nothing was changed.",
            "An owner can take the source over by saving it once more.",
        )
    return owner


def _web(run: SyncRun, clock: Clock) -> Web:
    source = run.source
    secret = {}
    if source.secret_key:
        try:
            secret = {source.secret_header: secrets.load(source)}
        except secrets.Unreadable as error:
            raise Stopped("The secret of this source cannot be read.", "Enter it once more.") from error
    return Web(
        rules=outbound.rules(),
        first=next(iter(map(normal, lines(source.addresses))), ""),
        secret=secret,
        robots=dict(run.robots),
        clock=clock.now,
        next_at=run.rests_until.timestamp() if run.rests_until else 0.0,
    )


def _require_something(run: SyncRun) -> None:
    """A check in which nothing at all could be read says nothing about what is there. Raises Stopped."""
    outcomes = runs.counts(run)
    first = run.items.exclude(outcome=Outcome.UNCHANGED).exclude(reason="").first()
    reason = first.reason if first is not None else ""
    if set(outcomes) == {Outcome.FAILED}:
        raise Stopped(f"Nothing could be read, so nothing was changed. {reason}", "Check the address, and try again.")
    has_documents = SourcePage.objects.filter(source=run.source, document__isnull=False).exists()
    if not outcomes and has_documents:
        raise Stopped("There is nothing there now, so nothing was changed.", "Check the address, and check again.")
    if not has_documents and not set(outcomes) & set(FOUND):
        raise Stopped(f"No document was found. {reason}", "Check the address and the patterns, and try again.")
