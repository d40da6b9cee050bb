"""Files attached to one's own conversation: taken, shown while they are read, removed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from chat import attachments, conversations
from chat.models import Conversation
from chat.views.requests import is_fragment, signed_in
from documents.private_files import NoSuchFile
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.limits import limit


@login_required
@require_POST
@limit("upload")
def attach_first(request: HttpRequest) -> HttpResponseBase:
    """A file before the first question: it opens the conversation."""
    user, file = signed_in(request), request.FILES.get("file")
    name = file.name if isinstance(file, UploadedFile) and file.name else ""
    try:
        with transaction.atomic():
            begun = Conversation.objects.create(user=user, title=conversations.title_of(name) or _("A file"))
            _take(begun, file, user)
    except UploadRefused as refused:
        if is_fragment(request):
            return _shown(request, None, user, refused)
        messages.error(request, _said(refused))
        return redirect("chat:home")
    address = reverse("chat:conversation", args=[begun.pk])
    return HttpResponseClientRedirect(address) if is_fragment(request) else redirect(address)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limit("upload")
def files(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """What is attached and how far it is; a POST attaches another file."""
    user = signed_in(request)
    found = get_object_or_404(conversations.conversations_of(user), pk=pk)
    refusal: UploadRefused | None = None
    if request.method == "POST":
        try:
            _take(found, request.FILES.get("file"), user)
        except UploadRefused as refused:
            refusal = refused
        found.refresh_from_db()
    if is_fragment(request):
        return _shown(request, found, user, refusal)
    if refusal is not None:
        messages.error(request, _said(refusal))
    return redirect("chat:conversation", found.pk)


@login_required
@require_POST
def detach(request: HttpRequest, pk: UUID, document: UUID) -> HttpResponseBase:
    """Removes an attached file; answers lose what they took from it."""
    user = signed_in(request)
    found = get_object_or_404(conversations.conversations_of(user), pk=pk)
    try:
        attachments.detach(found, document, user=user)
    except NoSuchFile as error:
        raise Http404 from error
    return _shown(request, found, user, None) if is_fragment(request) else redirect("chat:conversation", found.pk)


def files_context(found: Conversation | None, user: User) -> dict[str, Any]:
    """What the list of attached files needs."""
    attached = attachments.files_of(found, user=user) if found is not None else []
    return {"files": attached, "is_reading": any(each.is_working for each in attached)}


def _take(conversation: Conversation, file: Any, user: User) -> None:
    if not isinstance(file, UploadedFile):
        raise UploadRefused(_("No file was chosen."), _("Choose one."))
    attachments.attach(conversation, name=file.name or "", content=file, user=user)


def _shown(request: HttpRequest, found: Conversation | None, user: User, refusal: UploadRefused | None) -> HttpResponse:
    context = {"conversation": found, "refusal": refusal} | files_context(found, user)
    return render(request, "chat/_files.html", context)


def _said(refused: UploadRefused) -> str:
    return f"{refused.message} {refused.hint}"
