"""Renaming, pinning, deleting and restoring one's conversations, and walking between their branches."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from chat import branches, conversations
from chat.forms import RenameForm
from chat.models import Answer, Conversation, Turn
from chat.views.answers import answer_context
from chat.views.pages import pane_context
from chat.views.requests import is_fragment, signed_in


@login_required
@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Gives a conversation another title; an empty one changes nothing."""
    user, form = signed_in(request), RenameForm(request.POST)
    found = get_object_or_404(conversations.conversations_of(user), pk=pk)
    if form.is_valid():
        found = conversations.rename(found, form.cleaned_data["title"], user=user)
    if not is_fragment(request):
        return redirect("chat:conversation", found.pk)
    response = render(request, "chat/_head.html", {"conversation": found, "is_renamed": True})
    return trigger_client_event(response, "history-changed")


@login_required
@require_POST
def pin(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Puts a conversation above the others; with an empty `pinned` back among them."""
    user = signed_in(request)
    found = get_object_or_404(conversations.conversations_of(user), pk=pk)
    found = conversations.pin(found, user=user, is_pinned=bool(request.POST.get("pinned")))
    if not is_fragment(request):
        return redirect("chat:conversation", found.pk)
    response = render(request, "chat/_head.html", {"conversation": found})
    return trigger_client_event(response, "history-changed")


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Hides a conversation at once; the message that says so can take it back."""
    user = signed_in(request)
    found = get_object_or_404(conversations.conversations_of(user), pk=pk)
    conversations.delete(found, user=user)
    undo_url = reverse("chat:restore", args=[pk])
    sentence = _("“%(title)s” is deleted.") % {"title": found.title}
    is_open = str(pk) in (getattr(request.htmx, "current_url", "") or "") if is_fragment(request) else True  # type: ignore[attr-defined]
    if is_open:
        messages.info(request, sentence, extra_tags=undo_url)
        if not is_fragment(request):
            return redirect("chat:home")
        # The page takes the place of the one that is gone, so that Back does not lead to it.
        return trigger_client_event(HttpResponse(status=204), "leave-for", {"url": reverse("chat:home")})
    response = render(request, "components/_toast_oob.html", {"text": sentence, "undo_url": undo_url})
    return trigger_client_event(response, "history-changed")


@login_required
@require_POST
def restore(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Takes a deletion back."""
    user = signed_in(request)
    try:
        conversations.restore(Conversation(pk=pk), user=user)
    except Conversation.DoesNotExist as error:
        raise Http404 from error
    if not is_fragment(request):
        return redirect("chat:conversation", pk)
    return trigger_client_event(HttpResponse(status=204), "history-changed")


@login_required
@require_POST
def choose_turn(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Shows another branch: the question asked in other words, and what followed it."""
    user = signed_in(request)
    try:
        chosen = branches.choose_turn(Turn(pk=pk), user=user)
    except Turn.DoesNotExist as error:
        raise Http404 from error
    if not is_fragment(request):
        return redirect(f"{reverse('chat:conversation', args=[chosen.conversation_id])}#turn-{chosen.pk}")
    return render(request, "chat/_pane.html", pane_context(chosen.conversation, reader=user))


@login_required
@require_POST
def choose_answer(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Shows another answer to the same question."""
    user = signed_in(request)
    try:
        chosen = branches.choose_answer(Answer(pk=pk), user=user)
    except Answer.DoesNotExist as error:
        raise Http404 from error
    if not is_fragment(request):
        return redirect(f"{reverse('chat:conversation', args=[chosen.turn.conversation_id])}#turn-{chosen.turn_id}")
    if chosen.is_running:
        return render(request, "chat/_running.html", {"answer": chosen})
    return render(request, "chat/_answer.html", answer_context(chosen, reader=user))
