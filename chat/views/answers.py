"""A finished answer, why it is as it is, and what it rests on."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chat import branches, conversations, sharing, sources
from chat.announcing import opened
from chat.models import Answer, Citation, Conversation
from chat.views.requests import is_fragment, signed_in
from chat.views.showing import follow_ups, show
from chat.views.table_rows import lines_of
from chat.views.trace import explain
from documents import access, lineage
from documents.pages import has_pictures, size_of
from ragapp.accounts.models import User

PICTURES_SHOWN = 2


@login_required
@require_safe
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer as it stands: final, or still running."""
    user, found = signed_in(request), _own(request, pk)
    if found.is_running:
        return render(request, "chat/_running.html", {"answer": found})
    if request.method == "GET":
        opened.send(Conversation, conversation_id=found.turn.conversation_id, user=user)
    return render(request, "chat/_answer.html", answer_context(found, reader=user) | {"is_new": True})


@login_required
@require_safe
def why(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why this answer: the trace in plain words."""
    found = _own(request, pk)
    thread = Answer.objects.filter(turn__conversation=found.turn.conversation_id)
    if not sources.all_open(thread, reader=signed_in(request)):
        # What was carried over from earlier answers may name a source that is closed now.
        found.question_as_understood = ""
    context = {"answer": found, "turn": found.turn, "why": explain(found, reader=signed_in(request))}
    return render(request, "chat/_why.html" if is_fragment(request) else "chat/why.html", context)


@login_required
@require_safe
def source(request: HttpRequest, pk: UUID, marker: int) -> HttpResponse:
    """The passage behind a marker, with its words marked. Missing and forbidden look alike."""
    user = signed_in(request)
    open_to_them = sharing.answers_open_to(user).select_related("turn__conversation")
    found = get_object_or_404(open_to_them.distinct(), pk=pk)
    citation = get_object_or_404(found.citations, marker=marker)
    context: dict[str, Any] = {
        "answer": found,
        "turn": found.turn,
        "citation": citation,
        "is_own": found.turn.conversation.user_id == user.pk,
    }
    if citation.removed_at is None:
        shown = lineage.source_of(citation.extraction_id, citation.quote_start, citation.quote_end, reader=user)
        if shown is None:
            raise Http404
        context |= {
            "source": shown,
            "pictures": _pictures(shown),
            "lines": lines_of(shown),
            "is_expired": shown.valid_to is not None and shown.valid_to < timezone.localdate(),
        }
    context |= _neighbours(found, citation, user)
    return render(request, "chat/_source.html" if is_fragment(request) else "chat/source.html", context)


def answer_context(found: Answer, *, reader: User) -> dict[str, Any]:
    """What a finished answer is shown with."""
    return {
        "answer": found,
        "turn": found.turn,
        "shown": show(found, reader=reader),
        "answer_place": branches.place_of_answer(found, found.turn.answers.all()),
        "follow_ups": follow_ups(found, reader=reader),
    }


def _pictures(shown: lineage.Source) -> list[tuple[int, tuple[int, int] | None, list[tuple[str, ...]]]]:
    """The printed pages the quote stands on, each with the size of its picture in pixels and its marks as (x, y, width,
    height) in thousandths."""
    if not has_pictures(shown.media_type) or not shown.marks:
        return []
    return [
        (
            page,
            size_of(*shown.sizes[page]) if page in shown.sizes else None,
            [tuple(f"{1000 * edge:.1f}" for edge in (m.x0, m.y0, m.x1 - m.x0, m.y1 - m.y0)) for m in shown.marks[page]],
        )
        for page in sorted(shown.marks)[:PICTURES_SHOWN]
    ]


def _own(request: HttpRequest, pk: UUID) -> Answer:
    answers = conversations.answers_visible_to(signed_in(request))
    return get_object_or_404(answers.select_related("turn__conversation", "release"), pk=pk)


def _neighbours(found: Answer, citation: Citation, user: User) -> dict[str, Any]:
    """Where the citation stands among those of its answer that the reader may open."""
    rows = [c for c in found.citations.all() if c.is_support == citation.is_support]
    wanted = {c.document_id for c in rows if c.removed_at is None}
    readable = set(access.readable_documents(user).filter(pk__in=wanted).values_list("pk", flat=True))
    markers = [c.marker for c in rows if c.removed_at is not None or c.document_id in readable]
    place = markers.index(citation.marker) if citation.marker in markers else 0
    return {
        "place": place + 1,
        "places": len(markers),
        "previous_marker": markers[place - 1] if place > 0 else None,
        "next_marker": markers[place + 1] if place + 1 < len(markers) else None,
    }
