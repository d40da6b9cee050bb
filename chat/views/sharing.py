"""Links to conversations: making and withdrawing one's own, reading those of colleagues."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import conversations, sharing
from chat.forms import ShareForm
from chat.models import Conversation, Share
from chat.views import exporting
from chat.views.requests import signed_in
from chat.views.showing import show_all
from ragapp.limits import limit

FORMATS = {
    "md": ("text/markdown; charset=utf-8", exporting.as_markdown),
    "json": ("application/json", exporting.as_json),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limit("feedback")
def share(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The link of one's own conversation; a POST makes one, in place of an earlier one."""
    found, form = _own(request, pk), ShareForm(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            sharing.share(found, user=signed_in(request), days=form.cleaned_data["days"])
        except sharing.NothingToShare:
            messages.error(request, _("Nothing is answered here yet, so there is nothing to share."))
        return redirect("chat:share", found.pk)
    link = sharing.link_of(found)
    address = request.build_absolute_uri(reverse("chat:shared", args=[link.pk])) if link else ""
    return render(
        request, "chat/share.html", {"conversation": found, "form": ShareForm(), "link": link, "address": address}
    )


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Closes the link."""
    found = _own(request, pk)
    sharing.withdraw(found, user=signed_in(request))
    messages.success(request, _("The link is withdrawn. Nobody can open it any more."))
    return redirect("chat:share", found.pk)


@login_required
@require_safe
def shared(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A conversation that a colleague shared, as this viewer may read it."""
    viewer = signed_in(request)
    try:
        found = sharing.opened(pk, viewer=viewer)
    except Share.DoesNotExist as error:
        raise Http404 from error
    shown = show_all([answer for answer in found.answers if answer is not None], reader=viewer)
    turns = [(answer, shown[answer.pk]) if answer is not None else (None, None) for answer in found.answers]
    return render(request, "chat/shared.html", {"found": found, "turns": turns})


@login_required
@require_safe
@limit("download")
def export(request: HttpRequest, pk: UUID, ending: str) -> HttpResponse:
    """One's own conversation as a file."""
    if ending not in FORMATS:
        raise Http404
    exported = exporting.export(_own(request, pk), reader=signed_in(request))
    media_type, write = FORMATS[ending]
    disposition = content_disposition_header(True, exporting.file_name(exported, ending))
    return HttpResponse(write(exported), headers={"Content-Type": media_type, "Content-Disposition": disposition})


def _own(request: HttpRequest, pk: UUID) -> Conversation:
    return get_object_or_404(conversations.conversations_of(signed_in(request)), pk=pk)
