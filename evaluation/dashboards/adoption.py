"""Who uses the site, how many come back, and which groups do not yet."""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils.translation import gettext as _

from evaluation.dashboards.breakdown import broken_down, plain
from evaluation.dashboards.parts import Board, Chart, Figure, counted, percent, rounded
from evaluation.dashboards.period import Filters
from evaluation.models import AskedOnDay
from ragapp.accounts.models import User
from ragapp.lib.display import number


def board(filters: Filters) -> Board:
    """People are counted by day and person; of the filters only the period, release and group count here."""
    narrowed = filters.narrowed
    asked = AskedOnDay.objects.filter(_kept(filters))
    in_period = Q(day__gte=narrowed.since, day__lte=narrowed.until)
    totals = asked.filter(in_period).aggregate(
        people=Count("user", distinct=True), questions=Sum("questions", default=0)
    )
    days: dict[date, int] = dict(asked.filter(in_period).values_list("day").annotate(n=Count("pk")))
    first = asked.values("user").annotate(first=Min("day"), days=Count("pk", filter=in_period)).filter(days__gt=0)
    new, back = 0, 0
    new_by_day: dict[date, int] = defaultdict(int)
    for row in first:
        if narrowed.since <= row["first"] <= narrowed.until:
            new += 1
            new_by_day[row["first"]] += 1
        back += row["days"] > 1
    before = asked.filter(day__gte=narrowed.before.since, day__lte=narrowed.before.until)
    people_before = before.aggregate(n=Count("user", distinct=True))["n"]
    per_person = totals["questions"] / totals["people"] if totals["people"] else None
    groups, names, queries = broken_down(filters, "group_id")
    weekly = _weekly(filters)
    return Board(
        finding=_("%(n)d people asked, %(before)d in the period before; %(new)d for the first time.")
        % {"n": totals["people"], "before": people_before, "new": new}
        if totals["people"]
        else _("Nobody asked yet."),
        figures=[
            Figure(
                label=_("People asking"),
                value=counted(totals["people"]),
                what="answers",
                note=_("%(n)d in the period before") % {"n": people_before},
            ),
            Figure(label=_("For the first time"), value=counted(new), n=totals["people"], link="#chart-people"),
            Figure(
                label=_("On more than one day"),
                value=percent(back / totals["people"] if totals["people"] else None),
                n=totals["people"],
                link="#chart-people",
            ),
            Figure(
                label=_("Questions a person"),
                value="–" if per_person is None else number(per_person, 1),
                n=totals["people"],
                what="answers",
            ),
            Figure(
                label=_("Of all accounts"), value=percent(_reach(totals["people"])), n=_accounts(), link="#chart-groups"
            ),
        ],
        charts=[
            Chart(
                name="people",
                title=_("People asking a day"),
                kind="bar",
                axis=_("Day"),
                n=totals["people"],
                labels=[day.isoformat() for day in narrowed.calendar],
                links=[f"since={day}&until={day}" for day in narrowed.calendar],
                series=[
                    plain(_("People"), [days.get(day, 0) for day in narrowed.calendar]),
                    plain(_("For the first time"), [new_by_day[day] for day in narrowed.calendar], is_quiet=True),
                ],
            ),
            Chart(
                name="weekly",
                title=_("People asking in a week"),
                kind="line",
                axis=_("Week from"),
                n=totals["people"],
                labels=[week.isoformat() for week in weekly],
                series=[plain(_("People"), list(weekly.values()))],
            ),
            Chart(
                name="groups",
                title=_("Questions by group; who is in several counts in each"),
                kind="sideways",
                axis=_("Group"),
                labels=names,
                links=queries,
                n=sum(row["answers"] for row in groups),
                series=[
                    plain(_("Questions"), [row["answers"] for row in groups]),
                    plain(
                        _("Accepted, %"),
                        [rounded(100 * (row.share("accepted", "answers") or 0)) for row in groups],
                        is_quiet=True,
                    ),
                ],
            ),
        ],
    )


def _kept(filters: Filters) -> Q:
    kept = Q()
    if filters.narrowed.release_id is not None:
        kept &= Q(release_ids__contains=[filters.narrowed.release_id])
    if filters.narrowed.group_id is not None:
        kept &= Q(user__in=User.objects.filter(groups=filters.narrowed.group_id).values("pk"))
    return kept


def _weekly(filters: Filters) -> dict[date, int]:
    """Different people in each week that began in the period."""
    narrowed = filters.narrowed
    found: dict[date, set[int]] = {}
    start = narrowed.since - timedelta(days=narrowed.since.weekday())
    while start <= narrowed.until:
        found[start] = set()
        start += timedelta(days=7)
    rows = AskedOnDay.objects.filter(_kept(filters), day__gte=narrowed.since, day__lte=narrowed.until)
    for day, user in rows.values_list("day", "user"):
        found[day - timedelta(days=day.weekday())].add(user)
    return {week: len(people) for week, people in found.items()}


def _accounts() -> int:
    return User.objects.filter(is_active=True).count()


def _reach(people: int) -> float | None:
    accounts = _accounts()
    return min(1.0, people / accounts) if accounts else None
