"""The part of the account page that says what one used of language models."""

from typing import Any

from django import template
from django.utils import timezone

from ragapp.accounts.models import User
from ragapp.llm import usage

register = template.Library()


@register.inclusion_tag("accounts/_usage.html")
def own_usage(user: User) -> dict[str, Any]:
    """This month's calls, tokens and cost, and the limits."""
    return {"usage": usage.usage_of(user.pk, now=timezone.now())}
