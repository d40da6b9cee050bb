"""The reader's opinion of an answer, and their question to a person, under the answer."""

from typing import Any

from django import template
from django.template.context import Context

from chat.models import Answer
from evaluation.models import Escalation, Feedback, Reason

register = template.Library()


@register.inclusion_tag("evaluation/_feedback.html", takes_context=True)
def feedback(context: Context, answer: Answer) -> dict[str, Any]:
    """Thumbs, with what this person gave before."""
    given = Feedback.objects.filter(answer=answer, user=context["user"]).first()
    return {
        "answer": answer,
        "feedback": given,
        "reasons": Reason.choices,
        "csrf_token": context.get("csrf_token"),
        "is_kept": True,
    }


@register.inclusion_tag("evaluation/_ask_a_person.html", takes_context=True)
def ask_a_person(context: Context, answer: Answer) -> dict[str, Any]:
    """The button, or what came of it."""
    asked = Escalation.objects.filter(answer=answer).select_related("replied_by").first()
    return {"answer": answer, "escalation": asked, "csrf_token": context.get("csrf_token")}
