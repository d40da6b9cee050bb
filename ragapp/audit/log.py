"""Write audit events. An event is written in the transaction of what it records: both happen, or neither."""

import json
from typing import Any

from ragapp.audit.models import AuditEvent
from ragapp.monitoring.logs import address_var

_LONGEST = {"actor": 150, "target": 300, "target_id": 60, "target_kind": 40, "address": 45}


def record(
    event: str,
    *,
    by: Any | None,
    target: Any | None = None,
    target_kind: str = "",
    target_id: object = "",
    target_name: str = "",
    address: str = "",
    **details: object,
) -> AuditEvent:
    """Say that `by` (a user, or None for nobody known) did `event` to `target` (a row), in the current transaction.

    The three `target_*` replace what would be read from `target`. The address is that of the current request when
    none is given. `details` holds ids and numbers, never document or message text.
    """
    if target is not None:
        target_kind = target_kind or target._meta.model_name
        target_id = target_id or target.pk
        target_name = target_name or str(target)
    fields = {
        "actor": "" if by is None else by.get_username(),
        "target": target_name,
        "target_id": str(target_id),
        "target_kind": target_kind,
        "address": address or address_var.get(),
    }
    return AuditEvent.objects.create(
        event=event,
        actor_id="" if by is None or by.pk is None else str(by.pk),
        details=json.loads(json.dumps(details, default=str)),
        **{name: value[: _LONGEST[name]] for name, value in fields.items()},
    )
