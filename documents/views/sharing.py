"""Who may read, add and own: the sharing dialog of collections and of single documents."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from documents import access
from documents.access import AccessRefused
from documents.forms import ShareForm
from documents.models import AccessEntry, AccessList, Collection, Document, Level
from documents.views.requests import collection_at, document_at, is_fragment, signed_in
from ragapp.accounts.models import User


@login_required
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The list of a collection; its owners change it."""
    collection = collection_at(request, pk, Level.OWNER)
    return _answer(request, collection, collection.access_list, reverse("documents:share", args=[pk]))


@login_required
@require_http_methods(["GET", "POST"])
def document_share(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The list of a single document, which narrows that of its collection."""
    document, user = document_at(request, pk, Level.OWNER), signed_in(request)
    url = reverse("documents:document_share", args=[pk])
    if request.method == "POST" and request.POST.get("list") in ("own", "none"):
        change = access.restrict if request.POST["list"] == "own" else access.unrestrict
        change(document, by=user)
        document.refresh_from_db()
        if not is_fragment(request):
            return redirect(url)
        return _dialog(request, document, document.access_list, url, form=ShareForm())
    return _answer(request, document, document.access_list, url)


def _answer(
    request: HttpRequest, shared: Collection | Document, access_list: AccessList | None, url: str
) -> HttpResponseBase:
    if request.method == "GET" or access_list is None:
        return _dialog(request, shared, access_list, url, form=ShareForm())
    form = ShareForm(request.POST)
    refusal = ""
    if form.is_valid():
        try:
            _change(access_list, form.cleaned_data, signed_in(request))
        except AccessRefused as refused:
            refusal = f"{refused.message} {refused.hint}"
    else:
        refusal = " ".join(error["message"] for errors in form.errors.get_json_data().values() for error in errors)
    if is_fragment(request):
        return _dialog(request, shared, access_list, url, form=ShareForm(), refusal=refusal)
    if refusal:
        messages.error(request, refusal)
    return redirect(url)


def _change(access_list: AccessList, wanted: dict[str, Any], by: User) -> None:
    who = {"group": wanted["group"], "user": wanted["user"]}
    if wanted["level"] == ShareForm.REMOVE:
        access.unshare(access_list, by=by, **who)
    else:
        access.share(access_list, level=Level(wanted["level"]), by=by, **who)


def _dialog(
    request: HttpRequest,
    shared: Collection | Document,
    access_list: AccessList | None,
    url: str,
    *,
    form: ShareForm,
    refusal: str = "",
) -> HttpResponse:
    collection = shared if isinstance(shared, Collection) else shared.collection
    entries = AccessEntry.objects.filter(access_list=access_list).select_related("group", "user")
    context = {
        "shared": shared,
        "is_document": isinstance(shared, Document),
        "collection": collection,
        "entries": entries.order_by("-level", "group__name", "user__username"),
        "has_list": access_list is not None,
        "levels": Level.choices,
        "form": form,
        "url": url,
        "refusal": refusal,
        "readers": _readers(shared),
        "finds": f"{reverse('documents:explain')}?collection={collection.pk}",
    }
    template = "documents/_share.html" if is_fragment(request) else "documents/share.html"
    return render(request, template, context)


def _readers(shared: Collection | Document) -> list[User]:
    """Who may read it at this moment."""
    if isinstance(shared, Collection):
        return access.readers_preview(shared)
    readers = access.readers_preview(shared.collection)
    return [user for user in readers if access.readable_documents(user).filter(pk=shared.pk).exists()]
