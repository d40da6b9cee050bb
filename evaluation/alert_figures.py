"""The figures behind an alert, named and written for the person who reads."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from evaluation import brakes
from evaluation.models import Alert
from evaluation.models.drift import written
from evaluation.probing.looking import LABELS as PROBED
from ragapp.lib.display import number

Value = str | int | float | bool | None

# In this order; what is not here (the signal, which the title names) is not told.
NAMES: Mapping[str, str | Promise] = {
    "day": _("Up to and with"),
    "now": _("This week"),
    "before": _("Before"),
    "effect": _("Effect"),
    "threshold": _("Threshold"),
    "p": _("p, how likely it is by chance"),
    "n now": _("Answers of this week"),
    "n before": _("Answers before"),
    "simulated": _("Simulated traffic is among it"),
    "brake": _("Brake"),
    "bad": _("Bad answers of the candidate"),
    "answers": _("Answers of the candidate"),
    "days left": _("Days left"),
    "days before": _("Days compared with"),
    "calls": _("Calls"),
    **PROBED,
}


def lines(alert: Alert) -> list[tuple[str, str]]:
    """Name and value of each known figure of `alert`."""
    details = alert.details
    return [(str(NAMES[name]), _written(name, details[name], details)) for name in NAMES if name in details]


def _written(name: str, value: Value, details: Mapping[str, Value]) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _t("yes") if value else _t("no")
    if name in ("now", "before") and isinstance(value, int | float) and (signal := details.get("signal")):
        return written(str(signal), value)
    if isinstance(value, float):
        return number(value, _digits(value))
    if isinstance(value, int):
        return number(value)
    return _WORDS.get(name, str)(value)


def _digits(value: float) -> int:
    """After the point, where three digits that say something are kept and zeros behind them are not."""
    exponent = Decimal(f"{value:.3g}").as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _day(value: str) -> str:
    day = parse_date(value)
    return date_format(day) if day else value


_WORDS: Mapping[str, Callable[[str], str]] = {
    "day": _day,
    "brake": lambda value: str(brakes.LABELS[value].label) if value in brakes.LABELS else value,
}
