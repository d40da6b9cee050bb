"""Files on their way in: new ones, another version of one, a second try; and the row that shows how far each is."""

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from documents import archives, comparing, holding, incoming, reading_again, uploads
from documents.forms import CompareForm
from documents.models import Collection, Document, Incoming, Level
from documents.uploads import UploadRefused
from documents.views.requests import collection_at, document_at, is_fragment, level_in, signed_in
from documents.views.rows import Row, row_of
from documents.wording import told
from ragapp.accounts.models import User
from ragapp.limits import limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that was not taken, and why."""

    name: str
    message: str
    hint: str


@login_required
@require_POST
@limit("upload")
def upload(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Takes one or many files; one that is refused never stops the others."""
    collection, user = collection_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    files = request.FILES.getlist("files")[: settings.MAX_FILES_PER_UPLOAD]
    # A page's script says each file's path; without it all go into the folder that the page showed.
    folder = request.POST.get("folder", "")
    paths = request.POST.getlist("paths") or [f"{folder}/{file.name}".lstrip("/") for file in files]
    rows, arriving, refusals = _accept_all(collection, list(zip_longest(files, paths))[: len(files)], user)
    if is_fragment(request):
        context = {
            "rows": rows,
            "arriving": arriving,
            "collection": collection,
            "refusals": refusals,
            "is_contributor": True,
            "is_owner": level_in(user, collection) == Level.OWNER,
        }
        return render(request, "documents/_uploaded.html", context, status=200 if rows or arriving or refusals else 422)
    for refusal in refusals:
        messages.error(request, f"{refusal.name}: {refusal.message} {refusal.hint}")
    if rows:
        taken = ngettext("%(n)d file is being read.", "%(n)d files are being read.", len(rows)) % {"n": len(rows)}
        messages.success(request, taken)
    if arriving:
        messages.success(request, _("The archive is being unpacked."))
    if not (rows or arriving or refusals):
        messages.error(request, _("No file was chosen."))
    return redirect("documents:collection", pk)


@login_required
@require_POST
@limit("upload")
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """What uploading files would change, from their paths, sizes and hashes; nothing is stored."""
    collection = collection_at(request, pk, Level.CONTRIBUTOR)
    form = CompareForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"files": []}, status=422)
    planned = comparing.compare(collection, form.cleaned_data["offered"], by=signed_in(request))
    return JsonResponse({"files": [_shown(one) for one in planned]})


@login_required
@require_safe
def row(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The row as it stands; it asks again by itself while the work goes on."""
    document = document_at(request, pk, Level.READER)
    return _row(request, row_of(document.pk))


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Another try for the newest version."""
    document = document_at(request, pk, Level.CONTRIBUTOR)
    newest = document.versions.order_by("-number").first()
    try:
        if newest is not None:
            reading_again.retry(newest, by=signed_in(request))
    except UploadRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
        return HttpResponse(status=204, headers={"HX-Refresh": "true"}) if is_fragment(request) else _to(document)
    return _row(request, row_of(document.pk)) if is_fragment(request) else _to(document)


@login_required
@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Lets a version answer, although something in it looks wrong. Back to where the person came from."""
    document = document_at(request, pk, Level.READER)
    user = signed_in(request)
    if not holding.may_release(document, user):
        raise Http404
    number = request.POST.get("number", "")
    # The version that was looked at: another one may have come meanwhile.
    version = document.versions.filter(number=int(number)).first() if re.fullmatch("[0-9]{1,6}", number) else None
    if version is not None:
        holding.release(version, by=user)
        messages.success(request, _("“%(title)s” is released and will answer in a moment.") % {"title": document.title})
    return redirect("documents:held") if request.POST.get("from") == "held" else _to(document)


@login_required
@require_POST
@limit("upload")
def replace(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Another version of the document. Readers get the old one until the new one is ready."""
    document, user = document_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        messages.error(request, _("No file was chosen, so nothing was replaced."))
        return _to(document)
    try:
        accepted = uploads.replace(document, name=file.name or "", content=file, by=user)
    except UploadRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        if accepted.is_unchanged:
            messages.info(request, _("These are the same bytes as before, so nothing changed."))
        else:
            number = {"n": accepted.version.number}
            messages.success(
                request, _("Version %(n)d is being read. Until it is ready, answers use the one before.") % number
            )
    return _to(document)


def _accept_all(
    collection: Collection, files: list[tuple[Any, str | None]], user: User
) -> tuple[list[Row], list[Incoming], list[Refusal]]:
    rows, arriving, refusals = [], [], []
    for file, path in files:
        name = (path or file.name or "").strip()
        try:
            if archives.is_archive(name):
                content = file.read(settings.MAX_UPLOAD_MB * 1024**2 + 1)
                arriving.append(incoming.take(collection, name=name, content=content, by=user))
            else:
                rows.append(row_of(uploads.accept(collection, name=name, content=file, by=user).document.pk))
        except UploadRefused as refused:
            refusals.append(Refusal(name=name, message=refused.message, hint=refused.hint))
    return rows, arriving, refusals


def _shown(planned: comparing.Planned) -> dict[str, str]:
    return {"path": planned.path, "change": planned.change, "same_as": planned.same_as, "reason": told(planned.reason)}


def _row(request: HttpRequest, shown: Row) -> HttpResponse:
    level = level_in(signed_in(request), shown.document.collection)
    context = {
        "row": shown,
        "is_contributor": level is not None and level >= Level.CONTRIBUTOR,
        "is_owner": level == Level.OWNER,
    }
    return render(request, "documents/_row.html", context)


def _to(document: Document) -> HttpResponse:
    return redirect("documents:document", document.pk)
