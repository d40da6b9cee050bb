"""Asking, asking again, stopping."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import ParamSpec, cast
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import push_url, reswap, retarget, trigger_client_event

from chat import conversations, streaming
from chat.answering import opening
from chat.answering.errors import AnswerError
from chat.answering.opening import Opened
from chat.forms import AskForm
from chat.models import Answer, Conversation
from chat.views.pages import pane_context, turn_context
from chat.views.requests import is_fragment, signed_in
from documents import access
from ragapp.accounts.models import User
from ragapp.lib.compiled import Compiled, compiled
from ragapp.limits import limit, too_many

# The second is for answers that were there already.
SENT_TWICE_WITHIN, DOUBLE_CLICK = timedelta(seconds=30), timedelta(seconds=1)
# Questions that are taken at the same time. More would each wait for the interpreter, and hold a connection meanwhile.
TAKEN_AT_ONCE = 3
P = ParamSpec("P")
_turnstile = threading.BoundedSemaphore(TAKEN_AT_ONCE)


def _while_there_is_room(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Refuses with a time before anything is read, once this process has as many questions as it can answer soon.

    The others are taken few at a time.
    """

    @wraps(view)
    def placed(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            with streaming.room():
                if not _turnstile.acquire(timeout=streaming.COME_BACK_S):
                    raise streaming.Busy
                try:
                    with access.at_one_moment():
                        return view(*args, **kwargs)
                finally:
                    _turnstile.release()
        except streaming.Busy:
            return _busy(cast("HttpRequest", args[0]))

    return placed


@_while_there_is_room
@login_required
@require_POST
@limit("ask")
def ask(request: HttpRequest) -> HttpResponseBase:
    """A question in a conversation, or the first of a new one: the turn appears at once, the answer streams.

    Where the same was answered before, the answer comes with the turn.
    """
    user, form = signed_in(request), AskForm(request.POST)
    if not form.is_valid():
        return _refused(request, next(iter(form.errors.as_data().values()))[0].messages[0])
    text, conversation_id = form.cleaned_data["text"], form.cleaned_data["conversation"]
    conversation = None
    if conversation_id is not None:
        conversation = get_object_or_404(conversations.conversations_of(user), pk=conversation_id)
    if twin := _sent_twice(user, conversation, text):
        return HttpResponse(status=204) if is_fragment(request) else _to(twin)
    try:
        with transaction.atomic():
            answer = conversations.ask(
                user=user,
                text=text,
                conversation=conversation,
                collection_id=form.cleaned_data["collection"],
                after=form.cleaned_data["after"],
                edits=form.cleaned_data["edits"],
                as_of=form.cleaned_data["as_of"],
            )
            opened = _opened(answer)
    except conversations.CollectionUnknown:
        return _refused(request, _("This collection is gone, or you may no longer read it. Choose another one."))
    if opened is None or opened.given is None:
        streaming.launch(answer.pk, opened)
    if not is_fragment(request):
        return _to(answer)
    if answer.turn.ordinal and not form.cleaned_data["edits"]:
        response = render(
            request, "chat/_turn.html", turn_context(answer.turn, reader=user, is_fresh=True, is_last=True)
        )
    else:
        # What was asked for the first time, or in other words: what stood below belongs to another branch.
        response = render(request, "chat/_pane.html", pane_context(answer.turn.conversation, reader=user, fresh=answer))
        push_url(response, started_url(answer))
        reswap(retarget(response, "#pane"), "outerHTML")
    return trigger_client_event(response, "history-changed", after="settle")


@_while_there_is_room
@login_required
@require_POST
@limit("ask")
def again(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Another answer to the same question, in place of the one shown."""
    user = signed_in(request)
    earlier = get_object_or_404(conversations.answers_visible_to(user), pk=pk)
    answer = conversations.again(earlier, user=user)
    streaming.launch(answer.pk)
    if not is_fragment(request):
        return _to(answer)
    return render(request, "chat/_running.html", {"answer": answer})


@login_required
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ends the making of an answer; what is there stays."""
    answer = get_object_or_404(conversations.answers_visible_to(signed_in(request)), pk=pk)
    async_to_sync(streaming.stop)(answer.pk)
    return HttpResponse(status=204) if is_fragment(request) else _to(answer)


def started_url(answer: Answer) -> str:
    """The address of the answer's conversation."""
    return str(_to(answer).headers["Location"])


def _to(answer: Answer) -> HttpResponse:
    return redirect("chat:conversation", answer.turn.conversation_id)


def _opened(answer: Answer) -> Opened | None:
    """What can be done before a model is asked; None where it fails: it is tried again beside the request, which says
    so to the reader in the place of the answer."""
    try:
        with transaction.atomic():
            return opening.run(answer.pk, just_asked=answer)
    except (AnswerError, DatabaseError):
        return None


def _sent_twice(user: User, conversation: Conversation | None, text: str) -> Answer | None:
    """The answer to the same words sent a moment ago, or being made: a double click is one question."""
    now = timezone.now()
    query = _twins()
    values = (user.pk, text.strip(), now - SENT_TWICE_WITHIN, now - DOUBLE_CLICK)
    found = Answer.objects.raw(query.sql, query.parameters(*values))
    return next((twin for twin in found if conversation is None or twin.turn.conversation_id == conversation.pk), None)


@cache
def _twins() -> Compiled:
    """The latest answers of a person to a question, being made since a moment or there since another."""
    user, text, running_since, there_since = (
        30_001,
        "?",
        datetime(2001, 1, 1, tzinfo=UTC),
        datetime(2002, 1, 1, tzinfo=UTC),
    )
    running = Q(state__in=streaming.RUNNING, created_at__gte=running_since)
    rows = (
        Answer.objects.filter(running | Q(created_at__gte=there_since), turn__question=text)
        .filter(turn__conversation__user=user, turn__conversation__deleted_at__isnull=True)
        .order_by("-created_at")
    )
    return compiled(rows, (user, text, running_since, there_since))


def _busy(request: HttpRequest) -> HttpResponse:
    sentence = _("Many questions are being answered at this moment. Send yours again in %(seconds)s seconds.")
    return too_many(request, sentence % {"seconds": streaming.COME_BACK_S}, streaming.COME_BACK_S)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """The sentence under the box; the words stay in it."""
    if is_fragment(request):
        response = render(request, "chat/_ask_error.html", {"sentence": sentence}, status=422)
        return reswap(retarget(response, "#ask-error"), "innerHTML")
    context = pane_context(None, reader=signed_in(request)) | {
        "ask_error": sentence,
        "draft": request.POST.get("text", ""),
    }
    return render(request, "chat/home.html", context, status=422)
