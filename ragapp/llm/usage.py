"""What somebody used of language models, and what is left to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.utils import timezone

from ragapp.limits import budgets
from ragapp.limits.budgets import Balance
from ragapp.llm.models import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of this month. `cost_usd` sums what is known; `unknown` counts the calls whose price is not."""

    calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal
    unknown: int
    balances: Sequence[Balance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of everybody. `saved_usd` by small models for simple questions; None: none was asked, or a price is not known."""

    cost_usd: Decimal
    unknown: int
    simple: int
    saved_usd: Decimal | None


def costs(*, since: datetime, until: datetime | None = None) -> Costs:
    """What language models cost since then (and before `until`), and what was saved."""
    is_simple = Q(routed_by="simple", outcome="answered")
    calls = Call.objects.filter(at__gte=since)
    if until is not None:
        calls = calls.filter(at__lt=until)
    return Costs(
        **calls.aggregate(
            unknown=Count("pk", filter=Q(cost_usd__isnull=True)),
            cost_usd=Sum("cost_usd", default=Decimal(0)),
            simple=Count("pk", filter=is_simple),
            saved_usd=Sum("saved_usd", filter=is_simple),
        )
    )


def routed_answers(reason: str, *, since: datetime, limit: int) -> list[UUID]:
    """The latest answers that a small model wrote for this reason."""
    calls = Call.objects.filter(routed_by=reason, outcome="answered", at__gte=since)
    found = calls.order_by("-id").values_list("answer_id", flat=True)[:limit]
    return [answer_id for answer_id in found if answer_id is not None]


def usage_of(user_id: int, *, now: datetime) -> Usage:
    """The person's own calls since the first of the month, and the limits in money that count for them."""
    start = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    sums = Call.objects.filter(asker_id=user_id, at__gte=start).aggregate(
        calls=Count("pk"),
        tokens_in=Sum("tokens_in", default=0),
        tokens_out=Sum("tokens_out", default=0),
        # Before the sum that takes the column's name.
        unknown=Count("pk", filter=Q(cost_usd__isnull=True)),
        cost_usd=Sum("cost_usd", default=Decimal(0)),
    )
    return Usage(balances=budgets.balances(budgets.fitting(user_id=user_id, token_id=None), now=now), **sums)
