"""Charts by day, and by release, model, collection or group, with the queries that narrow to each."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from evaluation.dashboards.parts import Chart, Series, share_series
from evaluation.dashboards.period import Filters
from evaluation.rollups.reading import Sums, sums


def day_labels(days: Sequence[Sums]) -> list[str]:
    """Dates as people and programs read them."""
    return [row.key[0].isoformat() for row in days]


def day_links(days: Sequence[Sums]) -> list[str]:
    """Queries that narrow to each day."""
    return [f"since={row.key[0]}&until={row.key[0]}" for row in days]


def by_release(filters: Filters, name: str, title: str, part: str, *wholes: str) -> Chart:
    """A share of each release, with its interval."""
    rows = [row for row in sums(filters.narrowed, "release_id") if sum(row[one] for one in wholes)]
    return Chart(
        name=name,
        title=title,
        kind="sideways",
        axis=_("Release"),
        unit="%",
        maximum=100,
        what=part,
        labels=[filters.release(row.key[0]) for row in rows],
        series=[share_series(title, rows, part, *wholes)],
        links=[f"release={row.key[0]}" if row.key[0] else "" for row in rows],
        n=sum(row[one] for row in rows for one in wholes),
    )


def sentence(words: str) -> str:
    """Words that stand alone."""
    return words[:1].upper() + words[1:] + "." if words else ""


def dimensions(filters: Filters) -> list[tuple[str, str, str, Callable[[int | str], str]]]:
    """Columns of totals to break down by: column, name in addresses, heading, and what names a value."""
    return [
        ("release_id", "release", _("Release"), lambda pk: filters.release(int(pk))),
        ("model", "model", _("Model"), lambda name: str(name) or _("none")),
        ("collection_id", "collection", _("Asked in"), lambda pk: filters.collection(int(pk))),
        ("group_id", "group", _("Group"), lambda pk: filters.group(int(pk))),
    ]


def broken_down(filters: Filters, column: str, *, histograms: bool = False) -> tuple[list[Sums], list[str], list[str]]:
    """The rows of one dimension, most answers first (20 at most), their labels and the queries that narrow to each."""
    _column, name, _heading, label = next(one for one in dimensions(filters) if one[0] == column)
    rows = sorted(sums(filters.narrowed, column, histograms=histograms), key=lambda row: -row["answers"])[:20]
    return rows, [label(row.key[0]) for row in rows], [f"{name}={row.key[0]}" if row.key[0] else "" for row in rows]


def plain(label: str, values: Sequence[float | None], *, is_quiet: bool = False) -> Series:
    """A series without intervals."""
    return Series(label=label, values=values, is_quiet=is_quiet)
