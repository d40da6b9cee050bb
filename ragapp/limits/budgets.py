"""Money for calls of language models: reserved before a call, settled after it, exact however many ask at once.

Each reservation locks the sums that it counts against, in PostgreSQL, in one order. What a process that died had
reserved counts until its lease ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from ragapp.accounts.models import User
from ragapp.lib.windows import Rate, seconds_to_wait
from ragapp.limits.models import Budget, Period, Reservation, Scope, Spending

MINUTE_S = 60


class Refused(Exception):
    """A limit is reached. `scope` says whose."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(scope)


class MoneySpent(Refused):
    """The money of a day or month does not suffice for this call. `resets_on` is the first day of the next one."""

    def __init__(self, scope: str, resets_on: date) -> None:
        self.resets_on = resets_on
        super().__init__(scope)


class TooFast(Refused):
    """The requests or tokens of this minute are used up; again in `wait_s`."""

    def __init__(self, scope: str, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(scope)


class TooLarge(Refused):
    """One request may not have so many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The sums that a call counts against."""

    spending_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One limit and how much of it is gone, calls under way included."""

    budget: Budget
    subject: int
    period: str
    limit_usd: Decimal
    spent_usd: Decimal
    reserved_usd: Decimal
    unknown_calls: int
    resets_on: date

    @property
    def is_soft(self) -> bool:
        """Whether small models are to answer from here on."""
        return self.spent_usd + self.reserved_usd >= self.limit_usd * self.budget.soft_percent / 100

    @property
    def percent(self) -> int:
        """Of the limit, at most 100."""
        gone = self.spent_usd + self.reserved_usd
        return 100 if gone >= self.limit_usd else int(gone / self.limit_usd * 100)


def fitting(*, user_id: int | None, token_id: int | None) -> list[tuple[Budget, int]]:
    """The budgets that a call counts against, each with its subject."""
    found = Q(scope=Scope.TOTAL)
    if user_id is not None:
        groups = User.groups.through.objects.filter(user_id=user_id).values("group_id")
        found |= Q(scope=Scope.EACH_PERSON) | Q(person_id=user_id) | Q(group_id__in=groups)
    if token_id is not None:
        found |= Q(token_id=token_id)
    budgets = list(Budget.objects.filter(found, is_enabled=True).order_by("pk"))
    has_own = any(budget.scope == Scope.PERSON for budget in budgets)
    return [
        (budget, (user_id or 0) if budget.scope == Scope.EACH_PERSON else 0)
        for budget in budgets
        if not (has_own and budget.scope == Scope.EACH_PERSON)
    ]


def admit(fits: Sequence[tuple[Budget, int]], *, tokens: int, now: float) -> None:
    """Count a request of about `tokens` in this minute. Raises TooLarge, TooFast.

    Without Redis no minute is counted.
    """
    for budget, _ in fits:
        most = min(budget.tokens_per_request or tokens, budget.tokens_per_minute or tokens)
        if tokens > most:
            raise TooLarge(budget.scope)
    for budget, subject in fits:
        who = f"{budget.pk}:{subject}"
        for name, limit, count in (
            ("llm_requests", budget.requests_per_minute, 1),
            ("llm_tokens", budget.tokens_per_minute, tokens),
        ):
            if limit is None:
                continue
            wait_s = seconds_to_wait(name, who, Rate(times=limit, seconds=MINUTE_S), now=now, count=count)
            if wait_s:
                raise TooFast(budget.scope, wait_s)


def balances(fits: Iterable[tuple[Budget, int]], *, now: datetime) -> list[Balance]:
    """How each limit in money stands."""
    limits = [
        (budget, subject, period, limit)
        for budget, subject in fits
        for period in Period.values
        if (limit := budget.limit_of(period)) is not None
    ]
    if not limits:
        return []
    rows = {
        (row.budget_id, row.subject, row.period): row
        for row in Spending.objects.filter(
            _these((budget.pk, subject, period, _bounds(period, now)[0]) for budget, subject, period, _ in limits)
        )
    }
    reserved = _reserved([row.pk for row in rows.values()], now) if rows else {}
    found = []
    for budget, subject, period, limit in limits:
        row = rows.get((budget.pk, subject, period))
        found.append(
            Balance(
                budget=budget,
                subject=subject,
                period=period,
                limit_usd=limit,
                spent_usd=row.spent_usd if row else Decimal(0),
                reserved_usd=reserved.get(row.pk, Decimal(0)) if row else Decimal(0),
                unknown_calls=row.unknown_calls if row else 0,
                resets_on=_bounds(period, now)[1],
            )
        )
    return found


def reserve(
    fits: Iterable[tuple[Budget, int]], call_id: str, amount_usd: Decimal | None, *, lease_s: float, now: datetime
) -> Held:
    """Promise `amount_usd` to the call, from all limits or from none. None, an unknown price, reserves nothing.

    Raises MoneySpent.
    """
    wanted = {
        (budget.pk, subject, period): (budget, *_bounds(period, now))
        for budget, subject in fits
        for period in Period.values
        if budget.limit_of(period) is not None
    }
    if not wanted:
        return Held(spending_ids=())
    keys = sorted((*key, start) for key, (_, start, _) in wanted.items())
    these = Spending.objects.filter(_these(keys)).order_by("pk")
    known = set(these.values_list("budget_id", "subject", "period", "start"))
    for pk, who, period, start in keys:
        if (pk, who, period, start) not in known:
            # By itself: a row that another is just making is waited for while nothing is locked.
            row = Spending(budget_id=pk, subject=who, period=period, start=start)
            Spending.objects.bulk_create([row], ignore_conflicts=True)
    with transaction.atomic():
        locked = list(these.select_for_update())
        ids = tuple(row.pk for row in locked)
        if amount_usd is None:
            return Held(spending_ids=ids)
        Reservation.objects.filter(spending_id__in=ids, lease_until__lte=now).delete()
        reserved = _reserved(ids, now)
        for row in locked:
            budget, _, resets_on = wanted[row.budget_id, row.subject, row.period]
            limit = budget.limit_of(row.period)
            if limit is not None and row.spent_usd + reserved.get(row.pk, Decimal(0)) + amount_usd > limit:
                raise MoneySpent(budget.scope, resets_on)
        Reservation.objects.bulk_create(
            Reservation(
                spending_id=pk, call_id=call_id, amount_usd=amount_usd, lease_until=now + timedelta(seconds=lease_s)
            )
            for pk in ids
        )
    return Held(spending_ids=ids)


def settle(held: Held, call_id: str, cost_usd: Decimal | None) -> None:
    """The call is over: what it cost is spent, what it had reserved is free. Also right when its lease had ended."""
    if not held.spending_ids:
        return
    with transaction.atomic():
        locked = Spending.objects.select_for_update().filter(pk__in=held.spending_ids).order_by("pk")
        ids = [row.pk for row in locked]
        Reservation.objects.filter(spending_id__in=ids, call_id=call_id).delete()
        if cost_usd is None:
            Spending.objects.filter(pk__in=ids).update(unknown_calls=F("unknown_calls") + 1)
        elif cost_usd:
            Spending.objects.filter(pk__in=ids).update(spent_usd=F("spent_usd") + cost_usd)


def _these(keys: Iterable[tuple[int, int, str, date]]) -> Q:
    found = Q()
    for pk, subject, period, start in keys:
        found |= Q(budget_id=pk, subject=subject, period=period, start=start)
    return found


def _reserved(spending_ids: Iterable[int], now: datetime) -> dict[int, Decimal]:
    live = Reservation.objects.filter(spending_id__in=list(spending_ids), lease_until__gt=now).order_by()
    return dict(live.values_list("spending_id").annotate(Sum("amount_usd")))


def start_of(period: str, now: datetime) -> date:
    """The first day of the day or month."""
    return _bounds(period, now)[0]


def _bounds(period: str, now: datetime) -> tuple[date, date]:
    """The first day of the day or month, and of the one after it, in the site's time zone."""
    today = timezone.localdate(now)
    if period == Period.DAY:
        return today, today + timedelta(days=1)
    start = today.replace(day=1)
    return start, (start + timedelta(days=32)).replace(day=1)
