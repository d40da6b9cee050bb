"""Pages for the people who keep the site running, and the page that lists them."""

from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from documents import holding, queue
from documents.models import IngestionRun
from documents.views.requests import is_fragment, signed_in
from ragapp.accounts.models import Role, User
from ragapp.monitoring import heartbeats

OPERATORS = (Role.CORPUS_ADMIN, Role.ADMIN)
HOLDERS = (*OPERATORS, Role.REVIEWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationPage:
    """A line of the list: a route without arguments, and the roles that find it there."""

    route: str
    title: str | Promise
    text: str | Promise
    roles: tuple[Role, ...] = OPERATORS


PAGES = (
    OperationPage(
        route="documents:queue",
        title=gettext_lazy("Queue"),
        text=gettext_lazy("What is being read in, what waits and for how long, and what failed and why."),
    ),
    OperationPage(
        route="documents:held",
        title=gettext_lazy("Held for review"),
        text=gettext_lazy("Documents that look as if they gave orders to the model, or hold personal data."),
        roles=HOLDERS,
    ),
    OperationPage(
        route="documents:explain",
        title=gettext_lazy("Explain retrieval"),
        text=gettext_lazy("What a person would find for a question: every candidate, its ranks, and why it was cut."),
        roles=HOLDERS,
    ),
    OperationPage(
        route="documents:indexes",
        title=gettext_lazy("Indexes"),
        text=gettext_lazy("How documents are cut and embedded: build another way beside the live one, and switch."),
    ),
    OperationPage(
        route="documents:index_advice",
        title=gettext_lazy("Index advice"),
        text=gettext_lazy("How large the index is, how right its search, and what to change at which size."),
    ),
)


@login_required
@require_safe
def operate(request: HttpRequest) -> HttpResponse:
    """The operation pages that are for the person's roles."""
    user = signed_in(request)
    pages = [page for page in PAGES if user.has_role(*page.roles)]
    if not pages:
        raise Http404
    return render(request, "documents/operate.html", {"pages": pages})


@login_required
@require_safe
def show_queue(request: HttpRequest) -> HttpResponse:
    """The queue as it stands; its figures ask again by themselves. Names only of what the person may read."""
    user = operator(request)
    now = timezone.now()
    context = {
        "now": now,
        "max_attempts": settings.INGEST_MAX_ATTEMPTS,
        "worker_silent_s": _silent_s(),
        "depth": queue.depth(now=now),
        "in_work": queue.in_work(reader=user),
        "waiting": queue.in_state(IngestionRun.State.QUEUED, reader=user),
        "held": queue.in_state(IngestionRun.State.HELD, reader=user),
    }
    if is_fragment(request):
        return render(request, "documents/_queue_figures.html", context)
    return render(request, "documents/queue.html", context | {"failures": queue.failures(reader=user)})


@login_required
@require_safe
def show_held(request: HttpRequest) -> HttpResponse:
    """The versions that wait for a person, with what was found, as far as the person may read them."""
    user = signed_in(request)
    if not user.has_role(*HOLDERS):
        raise Http404
    return render(request, "documents/held.html", {"held": holding.held(reader=user), "total": holding.count()})


@login_required
@require_POST
def retry(request: HttpRequest) -> HttpResponseBase:
    """Another try for the chosen failures, or for all of one group."""
    user = operator(request)
    if group := request.POST.get("group"):
        again = queue.retry_group(group, by=user)
    else:
        again = queue.retry_runs([int(pk) for pk in request.POST.getlist("runs") if pk.isdecimal()][:5000], by=user)
    if again:
        messages.success(
            request, ngettext("%(n)d file is tried again.", "%(n)d files are tried again.", again) % {"n": again}
        )
    else:
        messages.info(request, _("Nothing was tried again: another try of these would end the same way."))
    return redirect("documents:queue")


def _silent_s() -> float | None:
    """How long the workers have given no sign of life; None when they never did, or nobody can tell."""
    try:
        return heartbeats.seconds_since(heartbeats.worker_of("ingest"))
    except redis.RedisError:
        return None


def operator(request: HttpRequest) -> User:
    """The person, if keeping the site running is their work; 404 else."""
    user = signed_in(request)
    if not user.has_role(*OPERATORS):
        raise Http404
    return user
