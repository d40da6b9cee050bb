"""The form that suggests a document, under a refusal."""

from typing import Any

from django import template
from django.template.context import Context

from documents import wishes

register = template.Library()


@register.inclusion_tag("documents/_suggest.html", takes_context=True)
def suggest_a_document(context: Context, question: str, collection_id: int | None, number: object) -> dict[str, Any]:
    """The folded form; `number` tells the forms of one page apart. Nothing for who reads no collection."""
    collections = list(wishes.collections_of(context["user"]))
    return {
        "collections": collections,
        "chosen": next((each for each in collections if each.pk == collection_id), None),
        "question": question[: wishes.CHARS],
        "number": str(number),
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }
