"""What people state about money and time, and what they want to reach: figures that no measurement can know."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention

_NOT_BELOW_ZERO = [MinValueValidator(0)]


class Stated(models.Model):
    """Assumptions, as somebody stated them; the latest row counts, earlier ones stay to be read."""

    infrastructure_usd_month = models.DecimalField(
        _("infrastructure a month, US$"), max_digits=12, decimal_places=2, default=0, validators=_NOT_BELOW_ZERO,
        help_text=_("Servers, storage, licences, operation: what the site costs beside models."),
    )  # fmt: skip
    invested_usd = models.DecimalField(
        _("invested once, US$"), max_digits=14, decimal_places=2, default=0, validators=_NOT_BELOW_ZERO,
        help_text=_("What introducing it has cost: project, training, hardware."),
    )  # fmt: skip
    hour_usd = models.DecimalField(
        _("an hour of work, US$"), max_digits=8, decimal_places=2, default=0, validators=_NOT_BELOW_ZERO,
        help_text=_("What an hour of the people who ask costs."),
    )  # fmt: skip
    minutes_low = models.FloatField(
        _("minutes saved by an accepted answer, at least"), default=2, validators=_NOT_BELOW_ZERO
    )
    minutes_high = models.FloatField(_("at most"), default=8, validators=_NOT_BELOW_ZERO)
    source = models.CharField(_("where these come from"), max_length=300, blank=True)
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    stated_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset(
            {
                "id", "infrastructure_usd_month", "invested_usd", "hour_usd", "minutes_low", "minutes_high", "source",
                "stated_by", "stated_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.stated_at:%Y-%m-%d}"


class Objective(models.Model):
    """A target for one figure; the dashboard shows the actual one beside it."""

    class Figure(models.TextChoices):
        SATISFACTION = "satisfaction", _("Satisfaction, %")
        ACCEPTED = "accepted", _("Accepted answers, %")
        DEFLECTION = "deflection", _("Questions answered without a person, %")
        PEOPLE = "people", _("People asking in 30 days")
        HOURS = "hours", _("Hours saved in 30 days")
        COST = "cost", _("Cost of an accepted answer, US$ (at most)")
        SECONDS = "seconds", _("Seconds to the answer, 95th percentile (at most)")

    figure = models.CharField(_("figure"), max_length=20, choices=Figure, unique=True)
    target = models.FloatField(_("target"), validators=[MinValueValidator(0), MaxValueValidator(1e9)])
    due = models.DateField(_("until"), null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset({"id", "figure", "target", "due", "set_by", "set_at"})

    class Meta:
        ordering = ["figure"]

    def __str__(self) -> str:
        return str(self.get_figure_display())

    @property
    def is_upper(self) -> bool:
        """The target is a most, not a least."""
        return self.figure in (self.Figure.COST, self.Figure.SECONDS)
