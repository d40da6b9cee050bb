"""What a dashboard is made of: one sentence, figures, and charts with the table behind each. Plain values, no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from evaluation.rollups.reading import Sums
from ragapp.lib.display import number
from ragapp.lib.stats import shares_differ, wilson_interval

Number = float | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number. `n`: what it was counted over. `what`: the rows behind it, a key of evaluation.dashboards.rows;
    `link`: where else it comes from, an address or a place on the page."""

    label: str
    value: str
    n: int | None = None
    what: str = ""
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line or a row of bars, one value for each label; `low` and `high` bound its interval. None: nothing to say."""

    label: str
    values: Sequence[Number]
    low: Sequence[Number] = ()
    high: Sequence[Number] = ()
    is_quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`kind`: line, bar, stacked (bars) or sideways (bars). `unit` follows each number: "%", "ms", "$" or "".

    `axis` heads the column of labels. `links` are queries, one for each label, that narrow the rows behind it.
    """

    name: str
    title: str
    kind: str
    axis: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    finding: str = ""
    maximum: float | None = None
    what: str = "answers"
    links: Sequence[str] = ()
    empty: str = ""
    n: int | None = None

    @property
    def is_empty(self) -> bool:
        return not any(value is not None for one in self.series for value in one.values) or self.n == 0

    @property
    def drawn(self) -> dict[str, object]:
        """What the script draws."""
        return {
            "name": self.name,
            "kind": self.kind,
            "unit": self.unit,
            "maximum": self.maximum,
            "labels": list(self.labels),
            "series": [
                {"label": one.label, "values": list(one.values), "low": list(one.low), "high": list(one.high),
                 "quiet": one.is_quiet}
                for one in self.series
            ],
        }  # fmt: skip

    @property
    def columns(self) -> list[str]:
        """The heads of the table behind it, intervals beside their values."""
        heads = []
        for one in self.series:
            heads.append(one.label)
            if one.low:
                heads += [f"{one.label}, {_('from')}", f"{one.label}, {_('to')}"]
        return heads

    @property
    def table(self) -> list[dict[str, object]]:
        """The same with the label of each row, and the query that narrows to it."""
        links = [*self.links, *[""] * (len(self.labels) - len(self.links))]
        rows = zip(self.labels, links, self.rows, strict=True)
        return [{"label": label, "link": link, "values": values} for label, link, values in rows]

    @property
    def rows(self) -> list[list[Number]]:
        """The table behind it, one row for each label."""
        columns: list[Sequence[Number]] = []
        for one in self.series:
            columns += [one.values, one.low, one.high] if one.low else [one.values]
        return [[column[n] for column in columns] for n in range(len(self.labels))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of a list that the viewer may see."""

    label: str
    url: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One page. `items` stand in a list under `items_title`."""

    finding: str
    figures: Sequence[Figure]
    charts: Sequence[Chart]
    notes: Sequence[str] = ()
    items_title: str = ""
    items: Sequence[Item] = ()


def counted(n: int) -> str:
    """With the separators of the reader's language."""
    return number(n)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{number(100 * share, 1)}%"


def usd(amount: Decimal | float | None) -> str:
    """Small amounts with the digits that say something."""
    if amount is None:
        return "–"
    value = float(amount)
    return f"${number(value, 2 if abs(value) >= 1 or not value else 4)}"


def milliseconds(ms: float | None) -> str:
    if ms is None:
        return "–"
    return f"{number(ms / 1000, 1)} s" if ms >= 1000 else f"{ms:.0f} ms"


def points(share: float | None) -> float | None:
    """A share as percent, for charts."""
    return None if share is None else round(share * 100, 2)


def rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits)


def share_series(label: str, rows: Sequence[Sums], part: str, *wholes: str) -> Series:
    """A share in percent with its 95 % interval (Wilson), one value for each row."""
    trials = [sum(row[name] for name in wholes) for row in rows]
    intervals = [wilson_interval(row[part] / n, n) if n else None for row, n in zip(rows, trials, strict=True)]
    return Series(
        label=label,
        values=[points(row.share(part, *wholes)) for row in rows],
        low=[points(one[0]) if one else None for one in intervals],
        high=[points(one[1]) if one else None for one in intervals],
    )


def change(now: Sums, before: Sums, part: str, *wholes: str) -> str:
    """How a share moved from the period before, in words; only what chance does not explain counts as a move."""
    n, m = sum(now[name] for name in wholes), sum(before[name] for name in wholes)
    if not n or not m:
        return ""
    difference = 100 * (now[part] / n - before[part] / m)
    if not shares_differ(now[part], n, before[part], m):
        return _("about as in the period before")
    sentence = (
        _("%(n)s points more than in the period before")
        if difference > 0
        else _("%(n)s points less than in the period before")
    )
    return sentence % {"n": number(abs(difference), 1)}
