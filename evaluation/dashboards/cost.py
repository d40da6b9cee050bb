"""What answers cost: by model, release, group and place, for an accepted one, and what the month will come to."""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.asked import OF_NOBODY
from chat.models import Answer
from evaluation.dashboards.breakdown import broken_down, day_labels, day_links, dimensions, plain
from evaluation.dashboards.parts import Board, Chart, Figure, counted, rounded, usd
from evaluation.dashboards.period import Filters
from evaluation.models import AskedOnDay, Stated
from evaluation.rollups.making import bounds
from evaluation.rollups.reading import Narrowed, Sums, by_day, sums, total
from ragapp.accounts.models import Role, User
from ragapp.llm import usage

DAYS_A_MONTH = Decimal("30.44")
# The ledger is summed anew after that many seconds.
LEDGER_KEPT_S = 300
TOP_PEOPLE = 10


def board(filters: Filters, viewer: User) -> Board:
    """Costs of models by answers, infrastructure by what was stated; names of people for admins only."""
    now, days = total(filters.narrowed, histograms=True), by_day(filters.narrowed)
    infrastructure = stated().infrastructure_usd_month / DAYS_A_MONTH * filters.narrowed.days
    ledger, tried = _ledger(filters.narrowed), _tried(filters.narrowed)
    calls = reverse("admin:llm_call_changelist")
    month, low, high = _this_month(filters.narrowed, timezone.localdate())
    charts = [
        _by_model(filters, days),
        *(_per_answer(filters, column) for column in ("release_id", "model", "group_id", "collection_id")),
    ]
    if viewer.has_role(Role.ADMIN):
        charts.append(_people(filters))
    return Board(
        finding=_finding(now, infrastructure, filters.narrowed.days),
        figures=[
            Figure(label=_("Models, for answers"), value=usd(now.cost_usd), n=now["answers"], what="answers"),
            Figure(
                label=_("Models, all tasks by the ledger"),
                value=usd(ledger.cost_usd),
                link=calls,
                note=_("rewriting, titles and judging too; not narrowed by filters"),
            ),
            Figure(
                label=_("Of it, evaluation runs and trials"),
                value=usd(tried["cost"]),
                n=tried["n"],
                link=reverse("evaluation:runs"),
                note=_("answers that nobody asked for, counted nowhere else"),
            ),
            Figure(
                label=_("Infrastructure, by stated rates"),
                value=usd(infrastructure),
                note=_("see Value"),
                link=f"{reverse('evaluation:board', args=['value'])}#objectives",
            ),
            Figure(
                label=_("An answer"),
                value=usd(each(now, infrastructure, "answers")),
                n=now["answers"],
                what="answers",
            ),
            Figure(
                label=_("An accepted answer"),
                value=usd(each(now, infrastructure, "accepted")),
                n=now["accepted"],
                what="accepted",
            ),
            Figure(
                label=_("Dearest twentieth from"),
                value=usd(now.percentile("cost", 0.95)),
                n=now["answers"] - now["cost_unknown"],
                link="#chart-cost-release",
            ),
            Figure(
                label=_("This month will come to"),
                value=usd(month),
                link="#chart-cost-by-day",
                note=_("%(low)s to %(high)s, by the last four weeks") % {"low": usd(low), "high": usd(high)},
            ),
            Figure(
                label=_("Saved by the cache"),
                value=usd(_saved_by_cache(now)),
                n=now["cached"],
                what="cached",
                note=_("as many answers at the mean cost of the others"),
            ),
            Figure(label=_("Saved by small models"), value=usd(ledger.saved_usd), n=ledger.simple, link=calls),
            Figure(
                label=_("Of unknown cost"), value=counted(now["cost_unknown"]), n=now["answers"], what="cost_unknown"
            ),
        ],
        charts=charts,
    )


def stated() -> Stated:
    """The latest assumptions; zeros and the defaults where nobody stated any."""
    return Stated.objects.first() or Stated(infrastructure_usd_month=Decimal(0), hour_usd=Decimal(0))


def each(now: Sums, infrastructure: Decimal, name: str) -> Decimal | None:
    """Models and infrastructure together, for each of the answers counted by `name`."""
    return (now.cost_usd + infrastructure) / now[name] if now[name] else None


def forecast(days: Sequence[Sums], today: date) -> tuple[float | None, float | None, float | None]:
    """The cost of this month: its days so far, and for each day to come the mean of its weekday in four weeks.

    The interval is 1.96 standard deviations of the days to come around it, as if days were independent. None
    without two weeks of days.
    """
    past = [row for row in days if row.key[0] < today][-28:]
    if len(past) < 14:
        return None, None, None
    costs = {row.key[0]: float(row.cost_usd) for row in days}
    by_weekday = {n: [float(row.cost_usd) for row in past if row.key[0].weekday() == n] for n in range(7)}
    spread = np.var([costs[row.key[0]] - np.mean(by_weekday[row.key[0].weekday()]) for row in past])
    last = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    coming = [today + timedelta(days=n) for n in range((last - today).days + 1)]
    so_far = sum(
        cost for day, cost in costs.items() if (day.year, day.month) == (today.year, today.month) and day < today
    )
    mean = so_far + sum(float(np.mean(by_weekday[day.weekday()])) for day in coming)
    half = 1.96 * float(np.sqrt(spread * len(coming)))
    return mean, max(so_far, mean - half), mean + half


def _this_month(narrowed: Narrowed, today: date) -> tuple[float | None, float | None, float | None]:
    """The forecast by the days that it needs, whatever period is looked at; narrowed by the other filters."""
    since = min(today.replace(day=1), today - timedelta(days=28))
    return forecast(by_day(replace(narrowed, since=since, until=today)), today)


def _ledger(narrowed: Narrowed) -> usage.Costs:
    since, until = bounds(narrowed.since)[0], bounds(narrowed.until)[1]
    key = f"ledger-{since:%Y-%m-%d}-{until:%Y-%m-%d}"
    found: usage.Costs | None = cache.get(key)
    if found is None:
        found = usage.costs(since=since, until=until)
        cache.set(key, found, LEDGER_KEPT_S)
    return found


def _tried(narrowed: Narrowed) -> dict[str, Any]:
    """What the answers of evaluation runs and trials cost, and how many there are; not narrowed by filters."""
    begin, end = bounds(narrowed.since)[0], bounds(narrowed.until)[1]
    answers = Answer.objects.filter(OF_NOBODY, created_at__gte=begin, created_at__lt=end)
    return answers.aggregate(cost=Sum("cost_usd", default=Decimal(0)), n=Count("pk"))


def _saved_by_cache(now: Sums) -> Decimal | None:
    written = now["answered"] + now["caveat"] + now["conflict"] - now["cached"]
    return now["cached"] * now.cost_usd / written if written > 0 else None


def _by_model(filters: Filters, days: Sequence[Sums]) -> Chart:
    rows = sums(filters.narrowed, "at", "model")
    names = sorted({row.key[1] for row in rows})
    zone = timezone.get_default_timezone()
    found = {(row.key[0].astimezone(zone).date(), row.key[1]): float(row.cost_usd) for row in rows}
    return Chart(
        name="cost-by-day",
        title=_("Cost of answers by model"),
        kind="stacked",
        axis=_("Day"),
        unit="$",
        labels=day_labels(days),
        links=day_links(days),
        n=sum(row["answers"] for row in rows),
        series=[
            plain(name or _("none"), [rounded(found.get((row.key[0], name), 0.0), 4) for row in days]) for name in names
        ],
    )


def _per_answer(filters: Filters, column: str) -> Chart:
    heading = next(one[2] for one in dimensions(filters) if one[0] == column)
    rows, names, queries = broken_down(filters, column)
    return Chart(
        name=f"cost-{column.removesuffix('_id')}",
        title=_("Models' cost of 1,000 answers: %(by)s") % {"by": heading},
        kind="sideways",
        axis=heading,
        unit="$",
        labels=names,
        links=queries,
        n=sum(row["answers"] for row in rows),
        series=[
            plain(_("An answer"), [_thousand(row, "answers") for row in rows]),
            plain(_("An accepted answer"), [_thousand(row, "accepted") for row in rows], is_quiet=True),
        ],
    )


def _thousand(row: Sums, name: str) -> float | None:
    return rounded(1000 * float(row.cost_usd) / row[name], 4) if row[name] else None


def _people(filters: Filters) -> Chart:
    narrowed = filters.narrowed
    asked = AskedOnDay.objects.filter(day__gte=narrowed.since, day__lte=narrowed.until)
    rows = list(asked.values("user").annotate(cost=Sum("cost_usd")).order_by("-cost", "user")[:TOP_PEOPLE])
    names = {one.pk: one.name for one in User.objects.filter(pk__in=[row["user"] for row in rows])}
    return Chart(
        name="cost-people",
        title=_("Who costs most (seen by admins)"),
        kind="sideways",
        axis=_("Person"),
        unit="$",
        labels=[names[row["user"]] for row in rows],
        n=len(rows),
        series=[plain(_("Cost"), [rounded(row["cost"], 4) for row in rows])],
    )


def _finding(now: Sums, infrastructure: Decimal, days: int) -> str:
    if not now["answers"]:
        return _("Nothing was asked, so nothing was spent on answers.")
    cost = each(now, infrastructure, "accepted")
    return _("%(sum)s in %(days)d days; an accepted answer costs %(each)s.") % {
        "sum": usd(now.cost_usd + infrastructure),
        "days": days,
        "each": usd(cost),
    }
