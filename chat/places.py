"""Citations of one page of one document, shown together, and what that page is called."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

SHEETS = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv"})
SLIDES = frozenset({".pptx", ".ppt", ".odp"})


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


def place(source: Any) -> str:
    """Where a source stands, in the words of its kind: "sheet “Rates”", "slide 4", "p. 3"; "" where that is unknown."""
    number, ending = _part(source, "page"), PurePosixPath(_part(source, "filename") or "").suffix.lower()
    if sheet := _part(source, "sheet"):
        return _("sheet “%(name)s”") % {"name": sheet}
    if not number or ending in SHEETS:
        return ""
    return (_("slide %(n)d") if ending in SLIDES else _("p. %(n)d")) % {"n": number}


def told_apart(source: Any, sources: Iterable[Any]) -> str:
    """The path of `source` where another document among `sources` has the same title; else ""."""
    title, document = _part(source, "title"), str(_part(source, "document_id"))
    is_shared = any(
        _part(other, "title") == title and str(_part(other, "document_id")) != document
        for other in sources
        if not _part(other, "removed_at")
    )
    return str(_part(source, "path") or _part(source, "filename") or "") if is_shared else ""


def _part(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
