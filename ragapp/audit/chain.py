"""The hash chain over audit events: sealing links, and walking them.

Events commit in another order than their ids were given, and ids of rolled back transactions leave gaps. So the
chain has an order of its own, that of sealing: a link names its event, and what is sealed next is whatever has no
link yet. An event that commits late is sealed late, never skipped. The address is not part of the hash, because it
is the one field that is emptied when its time is over.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from ragapp.audit.models import AuditEvent, AuditSeal

FIRST = "0" * 64
BATCH = 1000
# Events this young may still have neighbours in open transactions; waiting keeps chain and clock in one order.
SETTLING = timedelta(seconds=5)
# No transaction stays open this long; older events need not be looked through at every run.
LOOK_BACK = timedelta(days=2)
_LOCK = 0x5EA1


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first link that does not hold, and why."""

    link_id: int
    event_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk along the chain found; `head` is the last hash, FIRST for an empty chain."""

    links: int
    head: str
    broken: Break | None
    unsealed: int
    oldest_unsealed: datetime | None


def link_hash(event: AuditEvent, previous_hash: str) -> str:
    """sha256 over the previous hash and the event's canonical JSON, in hexadecimal."""
    canonical = json.dumps(
        {
            "actor": event.actor,
            "actor_id": event.actor_id,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "details": event.details,
            "event": event.event,
            "id": event.pk,
            "target": event.target,
            "target_id": event.target_id,
            "target_kind": event.target_kind,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(f"{previous_hash}\n{canonical}".encode()).hexdigest()


def unsealed() -> QuerySet[AuditEvent]:
    """Events without a link, oldest id first."""
    return AuditEvent.objects.filter(~Exists(AuditSeal.objects.filter(event_id=OuterRef("pk")))).order_by("pk")


def seal_batch(now: datetime) -> int:
    """Link up to BATCH settled events; returns how many. 0 also while another process seals."""
    with transaction.atomic():
        if not _only_one_seals():
            return 0
        last = AuditSeal.objects.order_by("-pk").first()
        previous = last.hash if last else FIRST
        long_sealed = AuditSeal.objects.filter(sealed_at__lt=now - LOOK_BACK).aggregate(Max("event_id"))
        events = unsealed().filter(at__lt=now - SETTLING, pk__gt=long_sealed["event_id__max"] or 0)
        links = []
        for event in events[:BATCH]:
            sealed = link_hash(event, previous)
            links.append(AuditSeal(event_id=event.pk, previous_hash=previous, hash=sealed))
            previous = sealed
        AuditSeal.objects.bulk_create(links)
        return len(links)


def _only_one_seals() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        (is_ours,) = cursor.fetchone()
    return bool(is_ours)


def walk() -> Walk:
    """Check every link from the first one, up to the first that is broken."""
    previous, count, broken = FIRST, 0, None
    for link, event in _links_with_events():
        reason = _fault(link, event, previous)
        if reason:
            broken = Break(link_id=link.pk, event_id=link.event_id, reason=reason)
            break
        previous, count = link.hash, count + 1
    waiting = unsealed()
    oldest = waiting.values_list("at", flat=True).order_by("at").first()
    return Walk(links=count, head=previous, broken=broken, unsealed=waiting.count(), oldest_unsealed=oldest)


def _fault(link: AuditSeal, event: AuditEvent | None, previous: str) -> str:
    if event is None:
        return "the event it seals is gone"
    if link.previous_hash != previous:
        return "it does not continue the link before it: one was removed, added or changed"
    if link.hash != link_hash(event, previous):
        return "the event was changed after it was sealed"
    return ""


def _links_with_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    after = 0
    while links := list(AuditSeal.objects.filter(pk__gt=after).order_by("pk")[:BATCH]):
        events = AuditEvent.objects.in_bulk([link.event_id for link in links])
        yield from ((link, events.get(link.event_id)) for link in links)
        after = links[-1].pk
