"""Citations of one page of one document, shown together."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def by_place(sources: Iterable[Any]) -> list[list[Any]]:
    """`sources`, rows or mappings, grouped by document, version and page, in the order in which they first appear.

    Removed ones stand alone: what they were is no longer told.
    """
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for source in sources:
        if _part(source, "removed_at"):
            place: tuple[Any, ...] = (_part(source, "marker"),)
        else:
            place = tuple(_part(source, name) for name in ("document_id", "version_number", "page"))
        groups.setdefault(place, []).append(source)
    return list(groups.values())


def _part(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name)
