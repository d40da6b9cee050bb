"""Budgets in the admin: what may be spent, and what is. Every change leaves an audit event."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from ragapp.audit.log import record
from ragapp.limits import budgets
from ragapp.limits.models import Budget, Period, Scope, Spending

_WHOM = {Scope.PERSON: "person", Scope.GROUP: "group", Scope.TOKEN: "token"}
_LIMITS = ("per_day_usd", "per_month_usd", "requests_per_minute", "tokens_per_minute", "tokens_per_request")


class BudgetForm(ModelForm[Budget]):
    """Names exactly whom the scope means."""

    class Meta:
        model = Budget
        fields = ("scope", "person", "group", "token", "soft_percent", "is_enabled", *_LIMITS)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        wanted = _WHOM.get(values.get("scope", ""))
        for name in _WHOM.values():
            if name == wanted and not values.get(name):
                self.add_error(name, _("Choose whom this is for."))
            elif name != wanted:
                # What was chosen for another scope is left out.
                values[name] = None
        if not self.errors and all(values.get(name) is None for name in _LIMITS):
            self.add_error(None, _("Enter at least one limit."))
        return values


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    """Limits for language models: money a day and a month, calls and tokens a minute, tokens a request."""

    form = BudgetForm
    list_display = ("__str__", "today", "this_month", "requests_per_minute", "tokens_per_minute", "is_enabled")
    list_filter = ("scope", "is_enabled")
    list_select_related = ("person", "group", "token")
    autocomplete_fields = ("person", "group")
    fieldsets = (
        (None, {"fields": ("scope", "person", "group", "token", "is_enabled")}),
        (
            _("Money"),
            {
                "fields": ("per_day_usd", "per_month_usd", "soft_percent"),
                "description": _(
                    "What a call may cost at most is reserved before it and settled after it. Models whose price is "
                    "not known are not counted; give them one."
                ),
            },
        ),
        (_("Size and speed"), {"fields": ("requests_per_minute", "tokens_per_minute", "tokens_per_request")}),
    )

    @admin.display(description=_("today, US$"))
    def today(self, budget: Budget) -> str:
        """Spent of the limit."""
        return _spent(budget, Period.DAY)

    @admin.display(description=_("this month, US$"))
    def this_month(self, budget: Budget) -> str:
        """Spent of the limit."""
        return _spent(budget, Period.MONTH)

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        limits = {name: getattr(obj, name) for name in (*_LIMITS, "soft_percent", "is_enabled")}
        record("budget_changed" if change else "budget_added", by=request.user, target=obj, **limits)

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        record("budget_deleted", by=request.user, target=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for budget in queryset:
            self.delete_model(request, budget)


def _spent(budget: Budget, period: str) -> str:
    if budget.limit_of(period) is None:
        return "–"
    now = timezone.now()
    if budget.scope == Scope.EACH_PERSON:
        return _of_the_thirstiest(budget, period)
    balance = next(one for one in budgets.balances([(budget, 0)], now=now) if one.period == period)
    return _in_words(balance)


def _of_the_thirstiest(budget: Budget, period: str) -> str:
    """Each person has a sum of their own: the largest one."""
    now = timezone.now()
    most = (
        Spending.objects.filter(budget=budget, period=period, start=budgets.start_of(period, now))
        .order_by("-spent_usd")
        .first()
    )
    balances = budgets.balances([(budget, most.subject if most else 0)], now=now)
    words = _in_words(next(one for one in balances if one.period == period))
    return str(_("at most {words}")).format(words=words)


def _in_words(balance: budgets.Balance) -> str:
    words = f"{balance.spent_usd + balance.reserved_usd:.4f} / {balance.limit_usd:.2f} ({balance.percent} %)"
    if balance.unknown_calls:
        words += str(_(", {count} calls of unknown cost")).format(count=balance.unknown_calls)
    return words
