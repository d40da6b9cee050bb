"""Which of the viewer's own questions a document answered."""

from typing import Any
from uuid import UUID

from django import template
from django.db.models import QuerySet
from django.template.context import Context

from chat import conversations
from chat.models import Turn

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
