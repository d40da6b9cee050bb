"""What may be spent on language models, what was, and what is promised to calls under way."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.accounts.models import ApiToken
from ragapp.lib import retention

_FROM_ZERO = [MinValueValidator(Decimal(0))]
_FROM_ONE = [MinValueValidator(1)]


class Scope(models.TextChoices):
    """Whose calls count together."""

    TOTAL = "total", _("Everybody together")
    EACH_PERSON = "each_person", _("Each person without a budget of their own")
    PERSON = "person", _("One person")
    GROUP = "group", _("One group together")
    TOKEN = "token", _("One API token")


class Period(models.TextChoices):
    """When spending begins anew."""

    DAY = "day", _("day")
    MONTH = "month", _("month")


class Budget(models.Model):
    """The limits of one scope; an empty one does not apply. Every budget that fits a call has to allow it."""

    scope = models.CharField(_("for"), max_length=12, choices=Scope)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    group = models.ForeignKey(
        Group, verbose_name=_("group"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    token = models.ForeignKey(
        ApiToken, verbose_name=_("API token"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    per_day_usd = models.DecimalField(
        _("US$ a day"), max_digits=12, decimal_places=4, null=True, blank=True, validators=_FROM_ZERO
    )
    per_month_usd = models.DecimalField(
        _("US$ a month"), max_digits=12, decimal_places=4, null=True, blank=True, validators=_FROM_ZERO
    )
    soft_percent = models.PositiveSmallIntegerField(
        _("soft limit, percent"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("From this share of the money on, small models answer. 100: not before it is spent."),
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, validators=_FROM_ONE
    )
    tokens_per_minute = models.PositiveIntegerField(_("tokens a minute"), null=True, blank=True, validators=_FROM_ONE)
    tokens_per_request = models.PositiveIntegerField(
        _("tokens a request"),
        null=True,
        blank=True,
        validators=_FROM_ONE,
        help_text=_("Of question, sources and the longest answer together."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "scope", "person", "group", "token", "per_day_usd", "per_month_usd", "soft_percent",
                "requests_per_minute", "tokens_per_minute", "tokens_per_request", "is_enabled",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["scope", "pk"]
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(scope__in=("total", "each_person"), person=None, group=None, token=None)
                | Q(scope="person", person__isnull=False, group=None, token=None)
                | Q(scope="group", person=None, group__isnull=False, token=None)
                | Q(scope="token", person=None, group=None, token__isnull=False),
                name="a_budget_names_whom_its_scope_means",
            ),
            UniqueConstraint(
                fields=["scope", "person", "group", "token"], nulls_distinct=False, name="a_scope_has_one_budget"
            ),
        ]

    def __str__(self) -> str:
        whom = self.person or self.group or self.token
        return f"{self.get_scope_display()}: {whom}" if whom else str(self.get_scope_display())

    def limit_of(self, period: str) -> Decimal | None:
        """The money of a day or a month; None: without limit."""
        return self.per_day_usd if period == Period.DAY else self.per_month_usd


class Spending(models.Model):
    """What was spent under a budget in one day or month. `subject` is the person's id where each has their own, else 0.

    Locking this row is what makes reservations exact.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="spendings")
    subject = models.BigIntegerField(default=0)
    period = models.CharField(max_length=5, choices=Period)
    start = models.DateField()
    spent_usd = models.DecimalField(max_digits=18, decimal_places=10, default=Decimal(0))
    # Calls whose price is not known: they are in no sum.
    unknown_calls = models.PositiveIntegerField(default=0)

    class Retention(retention.Policy):
        keep = frozenset({"id", "budget", "subject", "period", "start", "spent_usd", "unknown_calls"})

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["budget", "subject", "period", "start"], name="spending_of_a_period_is_summed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget}, {self.period} of {self.start}: {self.spent_usd:.4f}"


class Reservation(models.Model):
    """Money promised to a call under way, at most until `lease_until`: a dead process keeps nothing for longer."""

    spending = models.ForeignKey(Spending, on_delete=models.CASCADE, related_name="reservations")
    call_id = models.CharField(max_length=32, db_index=True)
    amount_usd = models.DecimalField(max_digits=18, decimal_places=10)
    lease_until = models.DateTimeField()

    class Retention(retention.Policy):
        keep = frozenset({"id", "spending", "call_id", "amount_usd", "lease_until"})

    def __str__(self) -> str:
        return f"{self.call_id}: {self.amount_usd:.6f}"
