"""What the site is worth: time saved by stated assumptions, what it costs, when it has paid for itself, and targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import plain
from evaluation.dashboards.cost import DAYS_A_MONTH, each, stated
from evaluation.dashboards.parts import Board, Chart, Figure, Series, counted, percent, rounded, usd
from evaluation.dashboards.period import Filters
from evaluation.models import AskedOnDay, Objective, Stated
from evaluation.rollups.reading import Narrowed, Sums, by_day, total

THUMBS = ("thumbs_up", "thumbs_down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A target and the actual figure of the last 30 days of the period; None where nothing can be said yet."""

    objective: Objective
    actual: float | None

    @property
    def is_met(self) -> bool | None:
        if self.actual is None:
            return None
        target = self.objective.target
        return self.actual <= target if self.objective.is_upper else self.actual >= target


def board(filters: Filters) -> Board:
    """Worth is a range, since minutes saved are one; nothing here is measured but the counts."""
    assumed, now, days = stated(), total(filters.narrowed), by_day(filters.narrowed)
    low, high = worth(now, assumed)
    infrastructure = assumed.infrastructure_usd_month / DAYS_A_MONTH * filters.narrowed.days
    spent = now.cost_usd + infrastructure
    late, early = payback(low, high, spent, filters.narrowed.days, assumed)
    return Board(
        finding=_finding(now, low, high, spent),
        figures=[
            Figure(
                label=_("Hours saved"),
                value=_range(*(now["accepted"] * minutes / 60 for minutes in _minutes(assumed))),
                n=now["accepted"],
                what="accepted",
                note=_("%(low)g to %(high)g minutes for each accepted answer")
                % {"low": assumed.minutes_low, "high": assumed.minutes_high},
            ),
            Figure(
                label=_("Worth"),
                value=f"{usd(low)} – {usd(high)}" if assumed.hour_usd else "–",
                note=_("at %(rate)s an hour") % {"rate": usd(assumed.hour_usd)},
                link="#chart-worth",
            ),
            Figure(
                label=_("Cost"),
                value=usd(spent),
                note=_("models and stated infrastructure"),
                link=f"{reverse('evaluation:board', args=['cost'])}?{filters.query}",
            ),
            Figure(
                label=_("Answered without a person"), value=percent(deflection(now)), n=now["answers"], what="unaided"
            ),
            Figure(
                label=_("Satisfaction"),
                value=percent(now.share("thumbs_up", *THUMBS)),
                n=sum(now[one] for one in THUMBS),
                what="rated",
            ),
            Figure(
                label=_("Paid back after"),
                value=_months(early, late) if assumed.invested_usd and assumed.hour_usd else "–",
                note=_("%(sum)s invested") % {"sum": usd(assumed.invested_usd)},
                link="#chart-worth",
            ),
        ],
        charts=[
            Chart(
                name="worth",
                title=_("Worth and cost, summed up"),
                kind="line",
                axis=_("Day"),
                unit="$",
                labels=[row.key[0].isoformat() for row in days],
                n=now["accepted"],
                series=_summed(days, assumed),
            )
        ],
        notes=[
            _(
                "Minutes saved are stated, not measured. Ask a dozen people how long they would have searched, and say "
                "below where the figure comes from."
            )
        ],
    )


def worth(now: Sums, assumed: Stated) -> tuple[float, float]:
    """US dollars of the time that accepted answers saved, at least and at most."""
    low, high = (now["accepted"] * minutes / 60 * float(assumed.hour_usd) for minutes in _minutes(assumed))
    return low, high


def deflection(now: Sums) -> float | None:
    """Share of questions that were answered and for which no person was asked."""
    return now.share("unaided", "answers")


def payback(low: float, high: float, spent: Decimal, days: int, assumed: Stated) -> tuple[float | None, float | None]:
    """Months until what was invested has come back, at the latest and at the earliest; None: never at this rate."""
    found = []
    for value in (low, high):
        monthly = (value - float(spent)) / days * float(DAYS_A_MONTH)
        found.append(float(assumed.invested_usd) / monthly if monthly > 0 else None)
    return found[0], found[1]


def objectives(filters: Filters) -> list[Reached]:
    """Every target with what was reached in the last 30 days of the period."""
    narrowed = replace(filters.narrowed, since=filters.narrowed.until - timedelta(days=29))
    actual = _actual(narrowed)
    return [Reached(objective=one, actual=actual[one.figure]) for one in Objective.objects.all()]


def _actual(narrowed: Narrowed) -> Mapping[str, float | None]:
    now, assumed = total(narrowed, histograms=True), stated()
    infrastructure = assumed.infrastructure_usd_month / DAYS_A_MONTH * narrowed.days
    cost, p95 = each(now, infrastructure, "accepted"), now.percentile("total", 0.95)
    asked = AskedOnDay.objects.filter(day__gte=narrowed.since, day__lte=narrowed.until)
    low, high = _minutes(assumed)

    def hundredfold(share: float | None) -> float | None:
        return None if share is None else round(100 * share, 1)

    return {
        Objective.Figure.SATISFACTION: hundredfold(now.share("thumbs_up", *THUMBS)),
        Objective.Figure.ACCEPTED: hundredfold(now.share("accepted", "answers")),
        Objective.Figure.DEFLECTION: hundredfold(deflection(now)),
        Objective.Figure.PEOPLE: asked.aggregate(n=Count("user", distinct=True))["n"],
        Objective.Figure.HOURS: rounded(now["accepted"] * (low + high) / 120),
        Objective.Figure.COST: None if cost is None else round(float(cost), 4),
        Objective.Figure.SECONDS: None if p95 is None else round(p95 / 1000, 2),
    }


def _minutes(assumed: Stated) -> tuple[float, float]:
    return assumed.minutes_low, max(assumed.minutes_low, assumed.minutes_high)


def _range(low: float, high: float) -> str:
    return f"{counted(round(low))} – {counted(round(high))}"


def _months(early: float | None, late: float | None) -> str:
    if early is None:
        return _("not at this rate")
    if late is None:
        return _("%(n).0f months or more") % {"n": early}
    return _("%(early).0f to %(late).0f months") % {"early": early, "late": late}


def _summed(days: Sequence[Sums], assumed: Stated) -> list[Series]:
    daily = assumed.infrastructure_usd_month / DAYS_A_MONTH
    lows, highs, costs = [], [], []
    low = high = 0.0
    cost = Decimal(0)
    for row in days:
        more = worth(row, assumed)
        low, high, cost = low + more[0], high + more[1], cost + row.cost_usd + daily
        lows.append(round(low, 2))
        highs.append(round(high, 2))
        costs.append(round(float(cost), 2))
    middle = [round((one + other) / 2, 2) for one, other in zip(lows, highs, strict=True)]
    return [replace(plain(_("Worth"), middle), low=lows, high=highs), plain(_("Cost"), costs, is_quiet=True)]


def _finding(now: Sums, low: float, high: float, spent: Decimal) -> str:
    if not now["accepted"]:
        return _("No accepted answers yet, so nothing was saved.")
    if not high:
        return _("%(n)s accepted answers. State below what an hour costs, and this page says what they were worth.") % {
            "n": counted(now["accepted"])
        }
    return _("%(n)s accepted answers were worth %(low)s to %(high)s, and cost %(spent)s.") % {
        "n": counted(now['accepted']), "low": usd(low), "high": usd(high), "spent": usd(spent),
    }  # fmt: skip
