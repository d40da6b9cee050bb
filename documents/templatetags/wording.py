"""Stored sentences in the reader's language."""

from django import template

from documents import wording

register = template.Library()


@register.filter
def told(stored: object) -> str:
    """As documents.wording.told."""
    return wording.told(str(stored))
