"""Another name, folder or collection for documents, and their tags: one by one and many at once."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from documents import access, moving
from documents.models import Collection, Document, Level
from documents.uploads import UploadRefused
from documents.views.requests import chosen_documents, collection_at, document_at, level_on, signed_in

NOTHING_CHOSEN = gettext_lazy("No document was chosen, so nothing was changed.")
NO_TAG = gettext_lazy("No tag was entered, so nothing was changed.")


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Name, folder, collection and tags of one document."""
    found, user = document_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    refusal = ""
    if request.method == "POST":
        try:
            event_id = _change(request, found)
        except UploadRefused as refused:
            refusal = f"{refused.message} {refused.hint}"
        else:
            if event_id is not None:
                return redirect("documents:receipt", event_id)
            messages.success(request, _("The changes are saved."))
            return redirect("documents:document", found.pk)
    context = {
        "document": found,
        "refusal": refusal,
        # What was entered stays, also when it was refused.
        "title": request.POST.get("title", found.title),
        "folder": request.POST.get("folder", found.path.rpartition("/")[0]),
        "filename": request.POST.get("filename", found.path.rpartition("/")[2]),
        "tags": request.POST.get("tags", ", ".join(found.tags)),
        "chosen": request.POST.get("collection", str(found.collection_id)),
        "targets": access.collections_for(user, Level.CONTRIBUTOR),
        "is_owner": level_on(user, found) == Level.OWNER,
    }
    return render(request, "documents/change.html", context, status=422 if refusal else 200)


@login_required
@require_POST
def move_many(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Moves the chosen documents to a collection, and to a folder where one is named."""
    collection, user = collection_at(request, pk, Level.CONTRIBUTOR), signed_in(request)
    target, chosen = _target(request, collection), chosen_documents(request, collection)
    folder = request.POST.get("folder", "").strip() or None
    if not chosen:
        messages.info(request, NOTHING_CHOSEN)
        return redirect("documents:collection", pk)
    try:
        moved = moving.move(chosen, to=target, folder=folder, by=user)
    except UploadRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
        return redirect("documents:collection", pk)
    return redirect("documents:receipt", moved.event_id)


@login_required
@require_POST
def tag_many(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Adds tags to the chosen documents, or takes them off."""
    collection = collection_at(request, pk, Level.CONTRIBUTOR)
    tags = moving.tags_from(request.POST.get("tags", ""))
    is_removal = request.POST.get("how") == "remove"
    chosen = chosen_documents(request, collection)
    if not chosen or not tags:
        messages.info(request, NO_TAG if chosen else NOTHING_CHOSEN)
        return redirect("documents:collection", pk)
    try:
        changed = moving.tag(
            chosen,
            add=() if is_removal else tags,
            remove=tags if is_removal else (),
            by=signed_in(request),
        )
    except UploadRefused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        said = ngettext("The tags of %(n)d document are changed.", "The tags of %(n)d documents are changed.", changed)
        messages.success(request, said % {"n": changed})
    return redirect("documents:collection", pk)


@transaction.atomic
def _change(request: HttpRequest, found: Document) -> int | None:
    """All or nothing; the receipt, where the document went to another collection."""
    user = signed_in(request)
    tags = moving.tags_from(request.POST.get("tags", ""))
    moving.tag([found], add=tags, remove=[each for each in found.tags if each not in tags], by=user)
    folder, name = request.POST.get("folder", ""), request.POST.get("filename", "").strip()
    if not name:
        raise UploadRefused(_("The file has no name."), _("Enter one."))
    moving.rename(found, path=f"{folder}/{name}", title=request.POST.get("title", ""), by=user)
    target = _target(request, found.collection)
    if target.pk == found.collection_id:
        return None
    return moving.move([found], to=target, folder=None, by=user).event_id


def _target(request: HttpRequest, usual: Collection) -> Collection:
    """The collection that was chosen, if the person contributes there; 404 else, as if there were none."""
    wanted = request.POST.get("collection", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return usual
    return get_object_or_404(access.collections_for(signed_in(request), Level.CONTRIBUTOR), pk=int(wanted))
