"""Template filters for values; a template builtin."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.formats import date_format
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
    return _("unknown cost") if amount is None else f"${amount:,.4f}"


@register.filter
def percent(share: float | None) -> str:
    """0.123 as 12 %."""
    return "–" if share is None else f"{share:.0%}"


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
