"""Template filters for values; a template builtin."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ragapp.lib.markdown import render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as safe HTML; the only rendering path for model and document text."""
    return mark_safe(render(text))  # noqa: S308  render() sanitises


@register.filter
def money(amount: Decimal | None) -> str:
    """US dollars; an unknown price is said, never shown as zero."""
    return _("unknown cost") if amount is None else f"${number(float(amount), 4)}"


def number(value: float, digits: int = 0) -> str:
    """Rounded, with the separators of the reader's language."""
    return number_format(f"{value:.{digits}f}", digits, force_grouping=True)


@register.filter
def percent(share: float | None) -> str:
    """0.123 as 12 %."""
    return "–" if share is None else f"{number(100 * share)}\N{NO-BREAK SPACE}%"


@register.filter
def ago(moment: datetime | None) -> str:
    """Short time since `moment`; a date after a week."""
    if moment is None:
        return _("never")
    since = timezone.now() - moment
    if since < timedelta(minutes=1):
        return _("just now")
    if since < timedelta(hours=1):
        return _("%(n)d min ago") % {"n": since.seconds // 60}
    if since < timedelta(days=1):
        return _("%(n)d h ago") % {"n": since.seconds // 3600}
    if since < timedelta(days=7):
        return _("%(n)d days ago") % {"n": since.days}
    return date_format(moment, "DATE_FORMAT")


@register.filter
def seconds_ago(moment: datetime | None) -> str:
    """Time since `moment`, by the second in the first two minutes: for signs of life."""
    if moment is None:
        return _("never")
    seconds = int((timezone.now() - moment).total_seconds())
    return _("%(n)d s ago") % {"n": max(0, seconds)} if seconds < 120 else ago(moment)


@register.filter
def duration(seconds: float | None) -> str:
    """A length of time in its largest fitting unit, as in 40 s, 12 min, 3 h, 2 days."""
    if seconds is None:
        return "–"
    for unit, limit, form in ((1, 90, _("%(n)d s")), (60, 5400, _("%(n)d min")), (3600, 172_800, _("%(n)d h"))):
        if seconds < limit:
            return form % {"n": max(1, round(seconds / unit))}
    return _("%(n)d days") % {"n": round(seconds / 86_400)}


@register.filter
def milliseconds(ms: float) -> str:
    """A length of time that was measured: 12 ms, 1.4 s, 3 min."""
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s" if ms < 90_000 else duration(ms / 1000)
