"""Index versions side by side: made, kept up to date, switched, removed; and their statistics."""

from documents.indexes.statistics import refresh_stale, refresh_statistics
from documents.indexes.versions import (
    CannotSwitch,
    Plan,
    create,
    differs_from_configured,
    embedder_for,
    hold_pointer,
    is_required,
    live,
    missing,
    next_name,
    pinned_ids,
    required,
    switch,
)

__all__ = [
    "CannotSwitch",
    "Plan",
    "create",
    "differs_from_configured",
    "embedder_for",
    "hold_pointer",
    "is_required",
    "live",
    "missing",
    "next_name",
    "pinned_ids",
    "refresh_stale",
    "refresh_statistics",
    "required",
    "switch",
]
