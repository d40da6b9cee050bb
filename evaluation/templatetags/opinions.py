"""The reader's opinion of an answer, and their question to a person, under the answer."""

import re
from typing import Any
from uuid import UUID

from django import template
from django.db.models import F
from django.template.context import Context

from chat import sources
from chat.models import Answer
from evaluation.models import Escalation, Feedback, Reason

register = template.Library()
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)")


@register.filter
def with_addresses(text: str) -> str:
    """Markdown with the addresses of its links to read: no link in a text leads out of the house by a click."""
    return _LINK.sub(r"\1 (\2)", text)


@register.inclusion_tag("evaluation/_feedback.html", takes_context=True)
def feedback(context: Context, answer: Answer) -> dict[str, Any]:
    """Thumbs, with what this person gave before."""
    # Nobody can have said anything of what came with this very page.
    given = None if context.get("is_new") else Feedback.objects.filter(answer=answer, user=context["user"]).first()
    return {
        "answer": answer,
        "feedback": given,
        "reasons": Reason.choices,
        "csrf_token": context.get("csrf_token"),
        "is_kept": True,
    }


@register.inclusion_tag("evaluation/_ask_a_person.html", takes_context=True)
def ask_a_person(context: Context, answer: Answer) -> dict[str, Any]:
    """The button, or what came of it, whichever answer to the question was shown when it was asked."""
    asked = (
        Escalation.objects.filter(answer__turn=answer.turn_id)
        .select_related("replied_by", "owner", "answer")
        .order_by(F("closed_at").desc(nulls_last=True), "-created_at")
        .first()
    )
    # A reply tells of what the answer was made from.
    is_closed = asked is not None and bool(sources.closed_among([asked.answer], reader=context["user"]))
    return {"answer": answer, "escalation": asked, "is_closed": is_closed, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def replies_to_see(context: Context) -> dict[UUID, Escalation]:
    """The viewer's conversations in which a person has replied since they last looked, the latest reply of each."""
    replies = Escalation.unseen_by(context["user"]).select_related("answer__turn__conversation", "replied_by")
    found: dict[UUID, Escalation] = {}
    for reply in replies:
        found.setdefault(reply.answer.turn.conversation_id, reply)
    return found
