"""The end of a check: what was not found. Nothing goes that was missing only once, or that could not be read."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from documents import leases
from documents.models import SourcePage, SyncItem, SyncRun
from documents.sources import frontier, keeping, runs
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.audit import log

State = SyncRun.State
Outcome = SyncItem.Outcome

CONFIRMATIONS = 2
FOUND = (Outcome.ADDED, Outcome.CHANGED, Outcome.UNCHANGED)
NOT_LISTED = "The source no longer lists it."
ONCE = "It stays until the next check confirms this."
MANY = "More than half of the documents of this source would be removed."
MANY_HINT = "Look at the list, and decide: remove them, or keep them."


def settle(run: SyncRun, owner: User, *, until: Callable[[], bool]) -> bool:
    """Count what is missing and remove what was missing twice; False when `until` said to go on later.

    A check that would remove more than half asks first. A dry one only says what would happen.
    """
    missing = _count_missing(run)
    gone = [page for page in missing if page.missed_times >= CONFIRMATIONS]
    known = run.source.pages.filter(document__isnull=False).count()
    if run.is_dry:
        _say_what_would_go(run, gone)
    elif gone and not run.may_remove_many and 2 * len(gone) > known:
        runs.end(run, State.ASKS, failure=MANY, hint=MANY_HINT)
        return True
    else:
        for page in gone:
            if until():
                return False
            runs.renew(run)
            _remove(run, page, owner)
    runs.end(run, State.DONE, misses=len(missing) > len(gone))
    return True


def _count_missing(run: SyncRun) -> list[SourcePage]:
    """The known pages that this check has not found, each with the number of checks in a row; safe to call twice."""
    items = {item.address: item for item in run.items.filter(is_sitemap=False)}
    is_complete = frontier.is_complete(run)
    missing = []
    for page in run.source.pages.select_related("document").filter(document__isnull=False).order_by("pk"):
        item = items.get(page.address)
        if item is None and not is_complete:
            continue
        if item is not None and item.outcome in (*FOUND, Outcome.FAILED):
            continue
        if page.missed_by != run.pk:
            page.missed_times, page.missed_by = page.missed_times + 1, run.pk
            if not run.is_dry:
                page.save(update_fields=["missed_times", "missed_by"])
            _say(run, page, item)
        missing.append(page)
    return missing


def _say(run: SyncRun, page: SourcePage, item: SyncItem | None) -> None:
    why = item.reason if item is not None else NOT_LISTED
    SyncItem.objects.update_or_create(
        run=run,
        address=page.address,
        defaults={"outcome": Outcome.MISSING, "reason": f"{why} {ONCE}"[:300], "document": page.document},
    )


def _say_what_would_go(run: SyncRun, gone: list[SourcePage]) -> None:
    addresses = [page.address for page in gone]
    run.items.filter(address__in=addresses).update(outcome=Outcome.REMOVED, reason="It was missing in two checks.")


def _remove(run: SyncRun, page: SourcePage, owner: User) -> None:
    # A document with a list of its own is not named where others can read.
    is_narrow = page.document is not None and page.document.access_list_id is not None
    address = f"#{page.pk}" if is_narrow else page.address
    with transaction.atomic():
        leases.hold(run)
        item = run.items.filter(address=page.address)
        try:
            receipt = keeping.remove(page, by=owner)
        except UploadRefused as refused:
            item.update(outcome=Outcome.FAILED, reason=f"{refused.message} {refused.hint}"[:300])
            return
        item.update(
            outcome=Outcome.REMOVED, reason=receipt, document=None, **({} if address else {"address": f"-{page.pk}"})
        )


def decide(run: SyncRun, *, removes: bool, by: User) -> bool:
    """Answer a check that asks: remove what it could not find, or keep it. False when it no longer asks."""
    with transaction.atomic():
        asking = SyncRun.objects.filter(pk=run.pk, state=State.ASKS)
        log.record("source_decided", by=by, target=run.source, run=run.pk, removes=removes)
        if removes:
            return bool(
                asking.update(
                    state=State.QUEUED, may_remove_many=True, attempts=0, failure="", hint="", finished_at=None
                )
            )
        run.source.pages.filter(missed_by=run.pk).update(missed_times=0, missed_by=None)
        return bool(asking.update(state=State.DONE, failure="", hint=""))
