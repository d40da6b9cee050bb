"""One document: what it says, its passages, its versions, its files; deleting it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from documents import access, uploads
from documents.ingestion.types import pages_from_json
from documents.models import AccessEntry, Chunk, Document, Extraction, Level
from documents.pages import NoPicture, has_pictures, page_image
from documents.views.requests import collection_at, document_at, is_fragment, level_on, signed_in, version_of
from documents.views.rows import row_of
from ragapp.audit import log
from ragapp.limits import limit
from ragapp.privacy import vault

TABS = ("passages", "versions", "questions", "access")
PASSAGES_A_PAGE = 20
CHARACTERS_A_PAGE = 12_000


@login_required
@require_safe
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The document page: its pages or text on the left, tabs on the right."""
    found = document_at(request, pk, Level.READER)
    user = signed_in(request)
    level = level_on(user, found) or Level.READER
    tab = request.GET.get("tab", TABS[0])
    context: dict[str, Any] = {
        "document": found,
        "row": row_of(found.pk),
        "version": found.current_version,
        "tab": tab if tab in TABS else TABS[0],
        "is_contributor": level >= Level.CONTRIBUTOR,
        "is_owner": level == Level.OWNER,
        "may_release": uploads.may_release(found, user),
        "attachments": access.readable_documents(user).filter(parent=found),
    }
    context |= _reading(found, request)
    if context["tab"] == "passages":
        chunks = Chunk.objects.filter(document=found, index_version__is_live=True, version=found.current_version)
        context["passages"] = Paginator(chunks.order_by("ordinal"), PASSAGES_A_PAGE).get_page(
            request.GET.get("passages")
        )
    elif context["tab"] == "versions":
        context["versions"] = found.versions.select_related("run", "uploaded_by").order_by("-number")
    elif context["tab"] == "access":
        lists = [found.collection.access_list_id, found.access_list_id]
        context["entries"] = AccessEntry.objects.filter(access_list__in=lists).select_related("group", "user")
    return render(request, "documents/document.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Removes the document and everything made from it, at once."""
    found = document_at(request, pk, Level.OWNER)
    title, collection_id = found.title, found.collection_id
    receipt = uploads.remove(found, by=signed_in(request))
    gone = {"title": title, "versions": receipt.versions, "passages": receipt.passages, "files": receipt.files}
    sentence = _("“%(title)s” is deleted: versions %(versions)d, passages %(passages)d, files %(files)d.") % gone
    messages.success(request, sentence)
    if is_fragment(request):
        return HttpResponse(
            status=204, headers={"HX-Redirect": redirect("documents:collection", collection_id)["Location"]}
        )
    return redirect("documents:collection", collection_id)


@login_required
@require_POST
def delete_many(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Removes the chosen documents that the person owns."""
    collection = collection_at(request, pk, Level.CONTRIBUTOR)
    chosen = [key for value in request.POST.getlist("documents") if (key := _uuid(value))]
    user = signed_in(request)
    owned = list(access.documents_for(user, Level.OWNER).filter(collection=collection, pk__in=chosen))
    for found in owned:
        # An attachment goes with its e-mail.
        if Document.objects.filter(pk=found.pk).exists():
            uploads.remove(found, by=user)
    count = len(owned)
    messages.success(
        request, ngettext("%(n)d document is deleted.", "%(n)d documents are deleted.", count) % {"n": count}
    )
    return redirect("documents:collection", pk)


@login_required
@require_safe
@limit("download")
def original(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """The file as it was uploaded; never shown by the browser itself, whatever it holds."""
    found = document_at(request, pk, Level.READER)
    version = version_of(request, found, number)
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
    version = version_of(request, document_at(request, pk, Level.READER), number)
    try:
        image = page_image(version, page)
    except NoPicture as error:
        raise Http404 from error
    return HttpResponse(image, content_type="image/webp", headers={"Cache-Control": "private, no-store"})


def _reading(found: Document, request: HttpRequest) -> dict[str, Any]:
    """The page to read: a picture where there are some, else a piece of the text."""
    version = found.current_version
    extraction = Extraction.objects.filter(version=version, is_current=True).first() if version else None
    if version is None or extraction is None:
        return {"pages": 0}
    pages = pages_from_json(extraction.layout.get("pages", []))
    if has_pictures(version.media_type):
        number = _page_number(request, len(pages))
        return {"pages": len(pages), "page_number": number, "is_picture": True, "language": extraction.language}
    spans = [(page.start, page.end) for page in pages]
    if not spans or max(end - start for start, end in spans) > CHARACTERS_A_PAGE:
        whole = len(extraction.text)
        spans = [(at, min(at + CHARACTERS_A_PAGE, whole)) for at in range(0, max(whole, 1), CHARACTERS_A_PAGE)]
    number = _page_number(request, len(spans))
    start, end = spans[number - 1]
    return {
        "pages": len(spans),
        "page_number": number,
        "blocks": _blocks(extraction, start, end),
        "language": extraction.language,
    }


def _blocks(extraction: Extraction, start: int, end: int) -> list[tuple[str, str]]:
    """The pieces of text in [start, end), each with its kind: headings, paragraphs, list items, tables."""
    elements = [(row[0], int(row[1]), int(row[2])) for row in extraction.layout.get("elements", [])]
    blocks = [
        (kind, extraction.text[max(at, start) : min(until, end)])
        for kind, at, until in elements
        if at < end and until > start
    ]
    return blocks or [("paragraph", extraction.text[start:end])]


def _page_number(request: HttpRequest, count: int) -> int:
    wanted = request.GET.get("page", "1")
    return min(max(int(wanted), 1), max(count, 1)) if wanted.isdecimal() and len(wanted) < 7 else 1


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
