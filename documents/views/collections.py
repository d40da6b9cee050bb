"""Collections: the table of them, a new one, one with its documents, deleting one."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from documents import access, answers_kept, uploads
from documents.forms import CollectionForm, FilterForm
from documents.models import AccessEntry, Collection, Document, IngestionRun, Level
from documents.uploads import UploadRefused
from documents.views.arriving import open_for
from documents.views.narrowing import WORKING, crumbs_of, folders_in, narrow, newest_state, tags_in
from documents.views.requests import collection_at, kept, level_in, signed_in
from documents.views.rows import rows_of, with_runs
from ragapp.accounts.models import User

ROWS_A_PAGE = 50
NAMES_SHOWN = 3
FORMATS = "PDF, DOCX, PPTX, XLSX, ODT, RTF, EPUB, HTML, Markdown, TXT, CSV, EML, MSG, PNG, JPEG, TIFF"


@login_required
@require_GET
def collections(request: HttpRequest) -> HttpResponse:
    """The collections the person may read, with figures over the documents they may read."""
    user = signed_in(request)
    figures = _figures(access.readable_documents(user))
    found = list(access.collections_for(user))
    readers = _readers_in_short(found)
    rows = [{"collection": each, "figures": figures.get(each.pk, {}), "readers": readers[each.pk]} for each in found]
    return render(
        request, "documents/collections.html", {"rows": rows, "may_create": access.may_create_collections(user)}
    )


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponseBase:
    """A new collection, owned by its maker. Corpus admins and admins make collections."""
    user = signed_in(request)
    if not access.may_create_collections(user):
        raise Http404
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _create(form.cleaned_data, user)
        except UploadRefused as refused:
            form.add_error("name", f"{refused.message} {refused.hint}")
        else:
            messages.success(request, _("“%(name)s” is ready for files.") % {"name": made.name})
            return redirect("documents:collection", made.pk)
    status = 422 if form.is_bound else 200
    return render(request, "documents/create.html", {"form": form}, status=status)


@login_required
@require_GET
def collection(request: HttpRequest, pk: int) -> HttpResponse:
    """One collection: its documents, and for contributors the place to drop files."""
    found = collection_at(request, pk, Level.READER)
    return render(request, "documents/collection.html", collection_context(request, found))


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Removes a collection with everything in it; its name must be typed."""
    found = collection_at(request, pk, Level.OWNER)
    if request.POST.get("name", "").strip() != found.name:
        messages.error(request, _("The name did not match, so nothing was deleted."))
        return redirect("documents:collection", pk)
    receipt = uploads.remove_collection(found, by=signed_in(request))
    gone = {"name": found.name, "documents": receipt.documents, "passages": receipt.passages}
    messages.success(
        request, _("“%(name)s” is deleted, with %(documents)d documents and %(passages)d passages.") % gone
    )
    return redirect("documents:collections")


@login_required
@require_POST
def keep_answers(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Lets answers that rest on the collection be given again, or has every question answered anew."""
    found = collection_at(request, pk, Level.OWNER)
    is_kept = request.POST.get("keep") == "yes"
    answers_kept.choose(found, keeps_answers=is_kept, by=signed_in(request))
    messages.success(
        request,
        _("Answers from “%(name)s” are given again where nothing has changed.") % {"name": found.name}
        if is_kept
        else _("From now on every question about “%(name)s” is answered anew.") % {"name": found.name},
    )
    return redirect("documents:collection", pk)


def collection_context(request: HttpRequest, found: Collection) -> dict[str, Any]:
    """What the page of a collection shows to this person."""
    user = signed_in(request)
    level = level_in(user, found)
    is_contributor = level is not None and level >= Level.CONTRIBUTOR
    documents = access.readable_documents(user).filter(collection=found)
    if not is_contributor:
        documents = documents.filter(current_version__isnull=False)
    filters = FilterForm(request.GET)
    narrowed = narrow(documents, filters.cleaned_data) if filters.is_valid() else documents
    folder = str(filters.cleaned_data.get("folder", "")).strip("/") if filters.is_valid() else ""
    page = Paginator(with_runs(narrowed.order_by("path")), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return {
        "collection": found,
        "rows": rows_of(page.object_list),
        "page": page,
        "filters": filters,
        "folder": folder,
        "crumbs": crumbs_of(folder),
        "folders": folders_in(documents, folder),
        "tags": tags_in(documents),
        "keep": kept(request, "q", "state", "folder", "tag"),
        "targets": access.collections_for(user, Level.CONTRIBUTOR) if is_contributor else [],
        "is_contributor": is_contributor,
        "is_owner": level == Level.OWNER,
        "figures": _figures(documents).get(found.pk, {}),
        "readers": _readers_in_short([found])[found.pk],
        "formats": FORMATS,
        "max_files": settings.MAX_FILES_PER_UPLOAD,
        "arriving": open_for(user, found) if is_contributor else (),
        "max_archive_mb": settings.MAX_ARCHIVE_MB,
    }


def _readers_in_short(found: list[Collection]) -> dict[int, str]:
    """Per collection: the groups and people on its list, the first few by name."""
    names: dict[int, list[str]] = {each.access_list_id: [] for each in found}
    for entry in AccessEntry.objects.filter(access_list__in=names).select_related("group", "user"):
        who = entry.group.name if entry.group else entry.user.name if entry.user else ""
        names[entry.access_list_id].append(who)
    return {each.pk: _in_short(sorted(names[each.access_list_id])) for each in found}


def _in_short(names: list[str]) -> str:
    shown, more = ", ".join(names[:NAMES_SHOWN]), len(names) - NAMES_SHOWN
    return _("%(names)s and %(n)d more") % {"names": shown, "n": more} if more > 0 else shown


@transaction.atomic
def _create(wanted: dict[str, Any], user: User) -> Collection:
    made = uploads.create_collection(wanted["name"], wanted["description"], by=user)
    for group in wanted["groups"]:
        access.share(made.access_list, group=group, level=Level.READER, by=user)
    for person in wanted["people"]:
        if person != user:
            access.share(made.access_list, user=person, level=Level.READER, by=user)
    return made


def _figures(documents: QuerySet[Document]) -> dict[int, dict[str, Any]]:
    """Per collection: documents, bytes, the last change, and how many are failed or in progress."""
    counted = (
        documents.annotate(newest_state=newest_state())
        .values("collection")
        .annotate(
            documents=Count("pk"),
            size_bytes=Sum("current_version__size_bytes"),
            updated_at=Max("updated_at"),
            failed=Count("pk", filter=Q(newest_state=IngestionRun.State.FAILED)),
            working=Count("pk", filter=Q(newest_state__in=WORKING)),
        )
        .order_by()
    )
    return {row["collection"]: dict(row) for row in counted}
