"""Which of the viewer's own questions a document answered, and how many answers rest on each of its versions."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import template
from django.db.models import QuerySet
from django.template.context import Context

from chat import conversations
from chat.models import Citation, Turn

register = template.Library()

SHOWN = 20


@register.simple_tag(takes_context=True)
def questions_answered_by(context: Context, document: Any) -> QuerySet[Turn]:
    """The viewer's latest questions whose answers cite `document`. Nobody sees the questions of others here."""
    document_id: UUID = document.pk
    answers = conversations.answers_visible_to(context["user"]).filter(
        citations__document_id=document_id, citations__is_support=True
    )
    return Turn.objects.filter(answers__in=answers).distinct().order_by("-asked_at")[:SHOWN]


@dataclass(slots=True, kw_only=True)
class Resting:
    """The answers that cite a version: the viewer's own, and how many others there are."""

    own: list[Turn] = field(default_factory=list)
    others: int = 0


@register.simple_tag(takes_context=True)
def answers_resting_on(context: Context, version: Any) -> Resting:
    """The answers that cite `version` in support. Of those of other people nothing but their number is told."""
    citing = Citation.objects.filter(version_id=version.pk, is_support=True, removed_at__isnull=True)
    answers = set(citing.values_list("answer", flat=True))
    visible = conversations.answers_visible_to(context["user"]).filter(pk__in=answers)
    own = Turn.objects.filter(answers__in=visible).distinct().order_by("-asked_at")[:SHOWN]
    return Resting(own=list(own), others=len(answers) - visible.count())
