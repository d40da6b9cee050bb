"""One document: what it says, its passages, its versions, its files; deleting it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from documents import access, conflicts, holding, lineage, originals, personal_data, quality, uploads, versions
from documents.models import AccessEntry, Document, DocumentVersion, Level
from documents.pages import NoPicture, page_image
from documents.views.passages import chosen_passage, passages_of
from documents.views.personal_data import PLACES_A_PAGE, around, place
from documents.views.reading import extraction_of, page_to_read, shown_type
from documents.views.requests import (
    chosen_documents,
    chosen_version,
    collection_at,
    document_at,
    is_fragment,
    kept,
    level_on,
    signed_in,
    version_of,
)
from documents.views.rows import row_of
from ragapp.audit import log
from ragapp.limits import limit
from ragapp.privacy import vault

# A tab is a key, its name, and the partial `documents/_<key>.html`.
TABS = {
    "passages": gettext_lazy("Passages"),
    "versions": gettext_lazy("Versions"),
    "lineage": gettext_lazy("Lineage"),
    "questions": gettext_lazy("Questions"),
    "personal_data": gettext_lazy("Personal data"),
    "quality": gettext_lazy("Quality"),
    "access": gettext_lazy("Readers"),
}
PASSAGES_A_PAGE = 20


@login_required
@require_safe
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The document page: its pages or text on the left, tabs on the right. `?version=` shows another version."""
    found = document_at(request, pk, Level.READER)
    user = signed_in(request)
    level = level_on(user, found) or Level.READER
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "passages"
    version = chosen_version(request, found)
    context: dict[str, Any] = {
        "document": found,
        "row": row_of(found.pk),
        "version": version,
        "is_other_version": version is not None and version.pk != found.current_version_id,
        "today": timezone.localdate(),
        "tab": tab,
        "tabs": TABS,
        "partial": f"documents/_{tab}.html",
        "is_contributor": level >= Level.CONTRIBUTOR,
        "is_owner": level == Level.OWNER,
        "has_original": version is not None and originals.shows(version, user),
        "may_release": holding.may_release(found, user),
        "checked_at": found.source_pages.aggregate(last=Max("checked_at"))["last"],
        "attachments": access.readable_documents(user).filter(parent=found),
    }
    passages = passages_of(version)
    marked = chosen_passage(request, passages)
    extraction = marked.extraction if marked is not None else extraction_of(version)
    context |= page_to_read(
        extraction,
        media_type=shown_type(version, user, wants_print=request.GET.get("as") == "printed"),
        wanted=request.GET.get("page"),
        mark=(marked.start, marked.end) if marked is not None else None,
        is_text=request.GET.get("view") == "text",
    )
    context |= {
        "marked": marked,
        "keep": kept(request, "version", "view"),
        "is_text": request.GET.get("view") == "text",
    }
    if tab == "passages":
        paginator = Paginator(passages, PASSAGES_A_PAGE)
        its_page = marked.ordinal // PASSAGES_A_PAGE + 1 if marked is not None else 1
        context["passages"] = paginator.get_page(request.GET.get("passages", its_page))
        sheets = lineage.sheet_names([] if extraction is None else [extraction.pk])
        for each in context["passages"]:
            each.sheet = sheets.get((each.extraction_id, each.page or 0), "")
    elif tab in ("versions", "lineage"):
        shown = found.versions.all() if level >= Level.CONTRIBUTOR else versions.for_readers(found)
        context["traces"] = lineage.traces_of(found, shown, reader=user)
        context["pair"] = versions.to_compare(found, [each.version.number for each in context["traces"]])
    elif tab == "personal_data":
        first = place(request.GET.get("first", "0"))
        report = personal_data.document_report(found, first=first, most=PLACES_A_PAGE)
        context |= {"report": report, "may_see": originals.may_see(user, found), **around(first, report)}
    elif tab == "quality":
        context["quality"] = quality.of_document(found, reader=user, today=timezone.localdate())
        context["conflicts"] = conflicts.of_document(found, reader=user)
    elif tab == "access":
        # Its own list is for its owners: another may be named there whom the person is not to know of.
        lists = [found.collection.access_list_id, *([found.access_list_id] if level == Level.OWNER else [])]
        context["entries"] = AccessEntry.objects.filter(access_list__in=lists).select_related("group", "user")
    return render(request, "documents/document.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Removes the document and everything made from it, at once; the receipt says what went."""
    found = document_at(request, pk, Level.OWNER)
    title = found.title
    receipt = uploads.remove(found, by=signed_in(request))
    gone = {"title": title, "versions": receipt.versions, "passages": receipt.passages, "files": receipt.files}
    sentence = _("“%(title)s” is deleted: versions %(versions)d, passages %(passages)d, files %(files)d.") % gone
    messages.success(request, sentence)
    to = reverse("documents:receipt", args=[receipt.event_id])
    return HttpResponse(status=204, headers={"HX-Redirect": to}) if is_fragment(request) else redirect(to)


@login_required
@require_POST
def delete_many(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Removes the chosen documents that the person owns."""
    collection, user = collection_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    chosen = [found.pk for found in chosen_documents(request, collection)]
    owned = list(access.documents_for(user, Level.OWNER).filter(pk__in=chosen))
    for found in owned:
        # An attachment goes with its e-mail.
        if Document.objects.filter(pk=found.pk).exists():
            uploads.remove(found, by=user)
    count = len(owned)
    if not count:
        messages.info(request, _("No document that you own was chosen, so nothing was deleted."))
        return redirect("documents:collection", pk)
    said = ngettext(
        "%(n)d document is deleted. Your receipts say what went.",
        "%(n)d documents are deleted. Your receipts say what went.",
        count,
    )
    messages.success(request, said % {"n": count})
    return redirect("documents:collection", pk)


@login_required
@require_safe
@limit("download")
def original(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """The file as it was uploaded; never shown by the browser itself, whatever it holds."""
    found = document_at(request, pk, Level.READER)
    version = version_of(request, found, number)
    _require_original(request, found, version)
    try:
        content = vault.load(version.storage_key)
    except FileNotFoundError as error:
        raise Http404 from error
    log.record("original_downloaded", by=signed_in(request), target=found, version=number)
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, version.filename) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
@limit("picture")
def picture(request: HttpRequest, pk: UUID, number: int, page: int) -> HttpResponse:
    """A page as it is printed."""
    found = document_at(request, pk, Level.READER)
    version = version_of(request, found, number)
    _require_original(request, found, version)
    try:
        image = page_image(version, page)
    except NoPicture as error:
        raise Http404 from error
    return HttpResponse(image, content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def _require_original(request: HttpRequest, found: Document, version: DocumentVersion) -> None:
    """404 for who may not see what was taken out of the text; for who may, it is recorded."""
    if not originals.is_withheld(version):
        return
    if not originals.may_see(signed_in(request), found):
        raise Http404
    log.record("personal_data_shown", by=signed_in(request), target=found, version=version.number)
