"""Language models that their providers take away: as admins entered it, as replies announced it, as calls find out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluation import alerts
from evaluation.models import Alert
from evaluation.probing.looking import GONE, gone_sentence
from ragapp.llm import pricing
from ragapp.llm.errors import UnknownModel
from ragapp.llm.models import Call, Deployment

KIND = "model retires"
# From so many days before its last one on: told on the page and by an alert, more severely, most severely.
NOTICE, WARNING, CRITICAL = 60, 30, 7
# Calls that a provider refused for a model that it does not know count for so long.
LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A deployment whose model goes. `days` until its last one, negative after it; None: nobody said when."""

    deployment: Deployment
    on: date | None
    days: int | None

    @property
    def severity(self) -> str:
        if self.days is None:
            return "notice"
        return "critical" if self.days <= CRITICAL else "warning" if self.days <= WARNING else "notice"

    @property
    def sentence(self) -> str:
        """In the language that is active."""
        if self.on is None or self.days is None:
            return _("%(name)s: its provider says that the model will go, without a day.") % {"name": self.deployment}
        said = {"name": self.deployment, "on": date_format(self.on, "DATE_FORMAT"), "n": abs(self.days)}
        if self.days < 0:
            return _("%(name)s: %(on)s was the last day of its model.") % said
        if self.days == 0:
            return _("%(name)s: today is the last day of its model.") % said
        return (
            ngettext(
                "%(name)s: its model retires on %(on)s, in %(n)d day.",
                "%(name)s: its model retires on %(on)s, in %(n)d days.",
                self.days,
            )
            % said
        )


def departures(today: date) -> list[Departure]:
    """Enabled deployments whose model goes within NOTICE days, or is called deprecated; the next one first."""
    found = []
    for row in Deployment.objects.filter(is_enabled=True).order_by("name"):
        on = min((day for day in (row.retires_on, row.announced_on) if day is not None), default=None)
        days = None if on is None else (on - today).days
        if (days is not None and days <= NOTICE) or (on is None and (row.is_deprecated or pricing.is_deprecated(row))):
            found.append(Departure(deployment=row, on=on, days=days))
    return sorted(found, key=lambda one: (one.days is None, one.days or 0))


def tell(now: datetime) -> None:
    """Raises an alert for each model that goes, and for each that a provider did not know within the last hour."""
    today = timezone.localtime(now).date()
    begun = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    told = set(Alert.objects.filter(kind=KIND, last_at__gte=begun).values_list("subject", flat=True))
    for one in departures(today):
        if one.deployment.name not in told:
            alerts.raise_alert(
                KIND,
                one.deployment.name,
                partial(_sentence, one),
                severity=one.severity,
                details={"days left": one.days},
                link=reverse("evaluation:models"),
            )
    lost = Call.objects.filter(at__gte=now - LATELY).values("deployment")
    gone = Q(outcome=UnknownModel.__name__)
    for row in lost.annotate(n=Count("pk", filter=gone), worked=Count("pk", filter=~gone)).filter(n__gt=0, worked=0):
        alerts.raise_alert(
            GONE,
            row["deployment"],
            partial(gone_sentence, row["deployment"]),
            severity="critical",
            details={"calls": row["n"]},
            link=reverse("evaluation:probes"),
        )


def _sentence(one: Departure) -> str:
    return one.sentence
