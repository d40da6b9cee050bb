"""Home, a conversation, and the list of conversations in the sidebar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat import branches, conversations, releases, searching
from chat.announcing import opened
from chat.models import Answer, Conversation, Turn
from chat.views.attaching import files_context
from chat.views.requests import is_fragment, signed_in
from chat.views.showing import ShownAnswer, follow_ups, show_all
from documents import access
from documents.suggestions import suggested_questions
from ragapp.accounts.models import Role, User
from ragapp.limits import limit

SHOWN_IN_SIDEBAR = 100
SHOWN_IN_PALETTE = 8
CHARACTERS_LEFT_SHOWN_FROM = 1000


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Greeting, question box, and a few questions from the reader's own collections."""
    user = signed_in(request)
    return render(request, "chat/home.html", pane_context(None, reader=user) | history_context(user))


@login_required
@require_safe
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One conversation, whole."""
    user = signed_in(request)
    shown = get_object_or_404(conversations.conversations_of(user), pk=pk)
    if request.method == "GET":
        opened.send(Conversation, conversation_id=shown.pk, user=user)
    context = pane_context(shown, reader=user, through=_through(request)) | history_context(user, current=shown.pk)
    return render(request, "chat/conversation.html", context)


@login_required
@require_safe
@limit("search")
def search(request: HttpRequest) -> HttpResponse:
    """Conversations by their words; with `in=everything` also pages and documents, for the palette."""
    user, words = signed_in(request), request.GET.get("q", "").strip()[:200]
    if request.GET.get("in") == "everything":
        return render(request, "chat/_palette_results.html", _everything(user, words))
    context = history_context(user, words=words, current=_current(request))
    if is_fragment(request):
        return render(request, "chat/_history_list.html", context)
    return render(request, "chat/search.html", context | {"deleted": conversations.deleted_of(user)})


def pane_context(
    shown: Conversation | None, *, reader: User, fresh: Answer | None = None, through: UUID | None = None
) -> dict[str, Any]:
    """What the middle column needs; without a conversation, the greeting.

    `fresh` was just asked for. The branch `through` a turn is shown where one is given, else the chosen one.
    """
    context: dict[str, Any] = {
        "conversation": shown,
        "collections": access.collections_for(reader).order_by("name"),
        "question_max_chars": settings.QUESTION_MAX_CHARS,
        "count_from": settings.QUESTION_MAX_CHARS - CHARACTERS_LEFT_SHOWN_FROM,
    }
    context |= files_context(shown, reader)
    if shown is None:
        return context | {"suggestions": suggested_questions(reader, limit=4)}
    everything = list(shown.turns.prefetch_related("answers"))
    turns = branches.shown_path(everything, through=through)
    visible = _visible(turns, reader)
    context["turns"] = [
        turn_context(
            turn,
            reader=reader,
            is_fresh=fresh is not None and fresh.turn_id == turn.pk,
            beside=everything,
            visible=visible,
        )
        for turn in turns
    ]
    context["last_turn"] = turns[-1] if turns else None
    if context["turns"]:
        last = context["turns"][-1]
        last["follow_ups"] = last["follow_ups"] or follow_ups(last["answer"], reader=reader)
    context["is_running"] = any(turn["answer"] and turn["answer"].is_running for turn in context["turns"])
    context["title_is_question"] = bool(turns) and conversations.title_of(turns[0].question) == shown.title
    context["names_tab"] = fresh is not None
    context["collection_id"] = turns[-1].collection_id if turns else None
    context["as_of"] = turns[-1].as_of if turns else None
    return context


def turn_context(
    turn: Turn,
    *,
    reader: User,
    is_fresh: bool = False,
    is_last: bool = False,
    beside: Iterable[Turn] | None = None,
    visible: dict[UUID, ShownAnswer] | None = None,
) -> dict[str, Any]:
    """A question with the answer that is shown. `beside`: all turns of the conversation, where they are known.

    `is_last`: the next question follows this one.
    """
    answer = branches.shown_answer(turn)
    if visible is None:
        visible = _visible([turn], reader)
    is_new = is_fresh and answer is not None and not answer.is_running
    return {
        "turn": turn,
        "answer": answer,
        "shown": visible.get(answer.pk) if answer else None,
        "is_fresh": is_fresh,
        "is_new": is_new,
        "follow_ups": follow_ups(answer, reader=reader) if is_new else [],
        "is_last": is_last,
        "place": branches.place_of_turn(turn, beside if beside is not None else turn.conversation.turns.all()),
        "answer_place": branches.place_of_answer(answer, turn.answers.all()) if answer else None,
        "question_max_chars": settings.QUESTION_MAX_CHARS,
    }


def _visible(turns: Iterable[Turn], reader: User) -> dict[UUID, ShownAnswer]:
    shown = [answer for turn in turns if (answer := branches.shown_answer(turn)) is not None]
    finished = [answer for answer in shown if not answer.is_running]
    prefetch_related_objects(finished, "citations")
    for answer in finished:
        if answer.release_id is not None:
            answer.release = releases.kept(answer.release_id)
    return show_all(finished, reader=reader)


def history_context(user: User, *, words: str = "", current: UUID | None = None) -> dict[str, Any]:
    """The sidebar's groups: pinned, today, yesterday, this week, then months; or what was found under `words`."""
    context = {"history_query": words, "current_conversation": current}
    if words:
        language = (get_language() or "en")[:2]
        return context | {
            "history": [],
            "found": searching.search(user, words, limit=SHOWN_IN_SIDEBAR, language=language),
        }
    own = conversations.conversations_of(user)
    pinned = list(own.filter(pinned_at__isnull=False).order_by("-pinned_at")[:SHOWN_IN_SIDEBAR])
    rows = own.filter(pinned_at__isnull=True).order_by("-updated_at")[:SHOWN_IN_SIDEBAR]
    groups = _by_day(rows, today=timezone.localdate())
    return context | {"history": [(_("Pinned"), pinned), *groups] if pinned else groups}


def _by_day(rows: Iterable[Conversation], *, today: date) -> list[tuple[str, list[Conversation]]]:
    groups: dict[str, list[Conversation]] = {}
    for row in rows:
        day = timezone.localdate(row.updated_at)
        if day >= today:
            name = _("Today")
        elif day == today - timedelta(days=1):
            name = _("Yesterday")
        elif day > today - timedelta(days=7):
            name = _("This week")
        else:
            name = date_format(day, "F Y")
        groups.setdefault(name, []).append(row)
    return list(groups.items())


def _everything(user: User, words: str) -> dict[str, Any]:
    """For the palette: pages, conversations, collections and documents under these words; without any, the usual."""
    documents = access.listed_documents(user).select_related("collection")
    recent = conversations.conversations_of(user).order_by("-updated_at")[:SHOWN_IN_PALETTE]
    language = (get_language() or "en")[:2]
    return {
        "words": words,
        "found_pages": [page for page in _pages(user) if words.casefold() in page.name.casefold()],
        "found_conversations": searching.search(user, words, limit=SHOWN_IN_PALETTE, language=language)
        if words
        else [{"conversation": each} for each in recent],
        "found_documents": documents.filter(Q(title__icontains=words) | Q(path__icontains=words)).order_by("title")[
            :SHOWN_IN_PALETTE
        ]
        if words
        else (),
        "found_collections": access.collections_for(user).filter(name__icontains=words)[:SHOWN_IN_PALETTE],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the site, as the palette names it."""

    name: str
    url: str
    icon: str


def _pages(user: User) -> list[Page]:
    """The pages that this person has."""
    pages = [
        Page(name=_("New question"), url=reverse("chat:home"), icon="plus"),
        Page(name=_("Your questions"), url=reverse("chat:search"), icon="search"),
        Page(name=_("Documents"), url=reverse("documents:collections"), icon="folder"),
        Page(name=_("Your account"), url=reverse("accounts:profile"), icon="person"),
    ]
    if user.is_staff:
        pages.append(Page(name=_("Quality"), url=reverse("evaluation:dashboard"), icon="chart"))
    if user.has_role(Role.CORPUS_ADMIN, Role.ADMIN, Role.REVIEWER):
        pages.append(Page(name=_("Operation"), url=reverse("documents:operate"), icon="clock"))
    if user.is_staff:
        pages.append(Page(name=_("Review and admin"), url=reverse("admin:index"), icon="shield"))
    return pages


def _through(request: HttpRequest) -> UUID | None:
    """The turn that was searched for: its branch is shown, whichever is chosen."""
    try:
        return UUID(request.GET.get("turn", ""))
    except ValueError:
        return None


def _current(request: HttpRequest) -> UUID | None:
    """The conversation that the page asking for the list shows."""
    htmx = getattr(request, "htmx", None)
    path = getattr(htmx, "current_url_abs_path", None) or ""
    try:
        return UUID(path.strip("/").removeprefix("c/").split("/")[0].split("?")[0])
    except ValueError:
        return None
