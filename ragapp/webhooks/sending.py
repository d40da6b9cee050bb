"""From an event to a message that arrived: rows in the transaction of what happened, tried with growing pauses."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ragapp.audit.log import record
from ragapp.lib import outbound, prepared
from ragapp.lib.compiled import Compiled, compiled
from ragapp.lib.outbound import Call, Limits, OutboundError, Refused, Reply
from ragapp.webhooks import secrets, tasks
from ragapp.webhooks.models import TEST, Delivery, Endpoint, Event

log = logging.getLogger(__name__)

# Pauses after the first try, the second, …; with the last one a message is given up.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 1800, 2 * 3600, 6 * 3600, 12 * 3600))
# Tries in a row, of all messages, after which an address is switched off.
FAILURES_MAX = 50
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
AT_ONCE = 200
BESIDE = 2
LIMITS = Limits(total_s=15.0, connect_s=5.0, redirects=0, body_bytes=64 * 1024)
State = Delivery.State
Value = str | int | float | None


def send(event: Event, data: Mapping[str, Value]) -> None:
    """Tell every address that wants to hear of `event`, once the caller's transaction is committed.

    `data` holds ids, states and numbers, never text of questions, answers or documents.
    """
    for endpoint in Endpoint.objects.filter(is_enabled=True, events__contains=[event.value]):
        _queue(endpoint, event.value, data)


def is_wanted(event: Event) -> bool:
    """Whether any address wants to hear of it."""
    query = _wanting()
    return bool(prepared.rows(query.sql, query.parameters(event.value)))


@cache
def _wanting() -> Compiled:
    """Whether any address wants to hear of some event. Asked for every answer."""
    event = "?"
    enabled = Endpoint.objects.filter(is_enabled=True, events__contains=[event])
    return compiled(enabled.order_by().values_list("pk")[:1], (event,))


def send_test(endpoint: Endpoint) -> Delivery:
    """A message that says nothing, to see whether it arrives; also while the address is switched off."""
    return _queue(endpoint, TEST, {"webhook": endpoint.pk})


@transaction.atomic
def send_again(delivery: Delivery) -> None:
    """The same message once more, with its id. What is on its way already stays so."""
    ended = Delivery.objects.filter(pk=delivery.pk, state__in=(State.DELIVERED, State.FAILED))
    if ended.update(state=State.WAITING, attempts=0, due_at=timezone.now(), finished_at=None, reason=""):
        tasks.deliver.delay_on_commit(delivery.pk)


def deliver(delivery_id: int) -> None:
    """One try, if it is due and nobody else is at it. The try is counted before it is made."""
    now, worker = timezone.now(), uuid4().hex
    if _is_busy(delivery_id, now):
        return
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, lease_until__lt=now)
    taken = Delivery.objects.filter(free, pk=delivery_id, due_at__lte=now).update(
        state=State.RUNNING, worker=worker, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return
    delivery = Delivery.objects.select_related("endpoint").get(pk=delivery_id)
    if not delivery.endpoint.is_enabled and delivery.event != TEST:
        _settle(delivery, state=State.FAILED, reason="The address is switched off.")
        return
    _conclude(delivery, *_try(delivery, now))


@transaction.atomic
def due() -> list[int]:
    """Messages that wait for their next try, or whose worker fell silent; the longest due first.

    While one waits, its lease is the time until which the hint at it is believed to be on its way.
    """
    now = timezone.now()
    quiet = Delivery.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), due_at__lte=now)
    quiet = quiet.filter(state__in=(State.WAITING, State.RUNNING)).select_for_update(skip_locked=True)
    found = list(quiet.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])
    Delivery.objects.filter(pk__in=found, state=State.WAITING).update(lease_until=now + LEASE)
    return found


def forget_old() -> int:
    """Removes messages that ended long ago; how many."""
    return Delivery.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()[0]


def _is_busy(delivery_id: int, now: datetime) -> bool:
    """Whether its address has as many tries under way as one may have: a slow one must not hold up the others."""
    beside = Delivery.objects.filter(endpoint__deliveries=delivery_id, state=State.RUNNING, lease_until__gt=now)
    return beside.exclude(pk=delivery_id).count() >= BESIDE


def _queue(endpoint: Endpoint, event: str, data: Mapping[str, Value]) -> Delivery:
    now = timezone.now()
    delivery = Delivery.objects.create(endpoint=endpoint, event=event, data=dict(data), happened_at=now, due_at=now)
    tasks.deliver.delay_on_commit(delivery.pk)
    return delivery


def _try(delivery: Delivery, now: datetime) -> tuple[Reply | None, str]:
    """What came back, or why nothing did."""
    body = json.dumps(
        {"type": delivery.event, "timestamp": delivery.happened_at.isoformat(), "data": delivery.data}
    ).encode()
    message_id = f"msg_{delivery.message_id.hex}"
    try:
        secret = secrets.load(delivery.endpoint)
        signed = secrets.headers(secret, message_id=message_id, timestamp_s=int(now.timestamp()), body=body)
        call = Call(
            url=delivery.endpoint.url,
            method="POST",
            headers={"Content-Type": "application/json", **signed},
            content=body,
            wants=lambda status, headers: False,  # nothing of the reply is used
        )
        return outbound.request(call, rules=outbound.rules(), limits=LIMITS), ""
    except secrets.Unreadable:
        return None, "Its secret cannot be read. Make a new one."
    except Refused as error:
        return None, f"The address may not be called: {error}"
    except OutboundError as error:
        return None, str(error)


def _conclude(delivery: Delivery, reply: Reply | None, reason: str) -> None:
    if reply is not None and 200 <= reply.status < 300:
        _settle(delivery, state=State.DELIVERED, status_code=reply.status)
        Endpoint.objects.filter(pk=delivery.endpoint_id).exclude(failures=0).update(failures=0)
        return
    status = reply.status if reply else None
    reason = reason or f"The address answered with status {status}."
    if delivery.attempts > len(PAUSES) or delivery.event == TEST:
        _settle(delivery, state=State.FAILED, status_code=status, reason=reason)
    else:
        due_at = timezone.now() + _pause(delivery, reply)
        _settle(delivery, state=State.WAITING, status_code=status, reason=reason, due_at=due_at)
    if delivery.event != TEST:
        _count_failure(delivery.endpoint, is_gone=status == 410)


def _pause(delivery: Delivery, reply: Reply | None) -> timedelta:
    """The next pause, up to a fifth longer so that not all come back at once; longer when it was asked for."""
    pause = PAUSES[delivery.attempts - 1]
    asked = reply.headers.get("retry-after", "") if reply else ""
    wanted_s = min(int(asked), 24 * 3600) if asked.isdecimal() and len(asked) < 7 else 0
    spread = delivery.message_id.int % 100 / 500
    return max(pause * (1 + spread), timedelta(seconds=wanted_s))


@transaction.atomic
def _settle(delivery: Delivery, *, state: str, **fields: object) -> None:
    """Writes the end of a try, unless another worker has taken over meanwhile."""
    ended = timezone.now() if state in (State.DELIVERED, State.FAILED) else None
    Delivery.objects.filter(pk=delivery.pk, worker=delivery.worker, state=State.RUNNING).update(
        **{"reason": "", "status_code": None} | fields, state=state, worker="", lease_until=None, finished_at=ended
    )


@transaction.atomic
def _count_failure(endpoint: Endpoint, *, is_gone: bool) -> None:
    found = Endpoint.objects.select_for_update().filter(pk=endpoint.pk, is_enabled=True).first()
    if found is None:
        return
    found.failures += 1
    if is_gone or found.failures >= FAILURES_MAX:
        found.is_enabled = False
        found.disabled_because = "It says that it is gone." if is_gone else f"{found.failures} tries in a row failed."
        record("webhook_disabled", by=None, target=found, failures=found.failures, is_gone=is_gone)
        log.warning("webhooks.disabled", extra={"webhook": found.pk, "failures": found.failures})
    found.save(update_fields=["failures", "is_enabled", "disabled_because"])
