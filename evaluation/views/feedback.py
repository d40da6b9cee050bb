"""Feedback and asking a person: each returns its own partial, or goes back to the conversation without script."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from chat import conversations
from chat.models import Answer
from evaluation import escalation, feedback, reactions
from evaluation.forms import AskAPersonForm, FeedbackForm
from evaluation.models import Escalation, Feedback, Reaction, Reason
from ragapp.accounts.models import User
from ragapp.limits.decorators import limit


def _own_answer(user: object, pk: UUID) -> Answer:
    assert isinstance(user, User)
    return get_object_or_404(conversations.answers_visible_to(user).select_related("turn"), pk=pk)


@login_required
@require_POST
@limit("feedback")
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Records a thumb (1, -1), its details, or takes it back (0)."""
    answer = _own_answer(request.user, pk)
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        refused = {"answer": answer, "feedback": None, "reasons": Reason.choices, "form": form}
        return render(request, "evaluation/_feedback.html", refused, status=422)
    given: Feedback | None = None
    assert isinstance(request.user, User)
    if form.cleaned_data["thumb"] == 0:
        feedback.withdraw(answer, user=request.user)
    else:
        given = feedback.give(answer, user=request.user, **form.cleaned_data)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("chat:conversation", answer.turn.conversation_id)
    context = {
        "answer": answer,
        "feedback": given,
        "reasons": Reason.choices,
        "detailed": "comment" in request.POST,
    }
    return render(request, "evaluation/_feedback.html", context)


@login_required
@require_POST
@limit("feedback")
def copied(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Counts that the answer was copied; the page says so by itself."""
    assert isinstance(request.user, User)
    reactions.note(_own_answer(request.user, pk), user=request.user, kind=Reaction.Kind.COPY)
    return HttpResponse(status=204)


@login_required
@require_POST
@limit("feedback")
def ask_a_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts the question into the reviewers' queue."""
    answer = _own_answer(request.user, pk)
    form = AskAPersonForm(request.POST)
    entry: Escalation | None = None
    assert isinstance(request.user, User)
    if form.is_valid():
        entry = escalation.ask_a_person(answer, user=request.user, note=form.cleaned_data["note"])
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("chat:conversation", answer.turn.conversation_id)
    context = {"answer": answer, "escalation": entry, "form": form}
    return render(request, "evaluation/_ask_a_person.html", context, status=200 if entry else 422)
