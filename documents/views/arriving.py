"""Large files in parts, and archives while they are unpacked, for the browser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from documents import access, incoming, tus
from documents.models import Collection, Incoming, Level
from documents.views.requests import collection_at, is_fragment, level_in, signed_in
from documents.views.rows import row_of
from ragapp.accounts.models import User
from ragapp.api.problems import Refused, answer
from ragapp.limits import limit

SHOWN = 20


@login_required
@require_POST
@limit("upload")
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """A new upload in parts."""
    collection = collection_at(request, pk, Level.CONTRIBUTOR)
    try:
        return tus.create(
            request, collection, signed_in(request), lambda made: reverse("documents:incoming", args=[made])
        )
    except Refused as refused:
        return answer(refused)


@login_required
@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
@limit("upload_part")
def arriving(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The parts of an upload; GET shows how it stands, and what it became."""
    user = signed_in(request)
    if request.method == "GET":
        return _shown(request, get_object_or_404(_own(user), pk=pk))
    if not _own(user).filter(pk=pk).exists():
        raise Http404
    try:
        return tus.answer(request, pk, user)
    except Refused as refused:
        return answer(refused)


@login_required
@require_POST
def settle(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """After a look: do what was planned, or give it up. A report that was read is put away."""
    user = signed_in(request)
    found = get_object_or_404(_own(user), pk=pk)
    try:
        if request.POST.get("wish") == "go":
            incoming.go_on(pk, by=user)
        else:
            incoming.give_up(pk, by=user)
    except incoming.Gone as error:
        raise Http404 from error
    if not is_fragment(request):
        return redirect("documents:collection", found.collection_id)
    left = _own(user).filter(pk=pk).first()
    return _shown(request, left) if left else HttpResponse()


def open_for(user: User, collection: Collection) -> Iterable[Incoming]:
    """What the person has on its way here, and reports that were not put away."""
    mine = _own(user).filter(collection=collection).exclude(state=Incoming.State.DONE, is_archive=False)
    return mine.order_by("-created_at")[:SHOWN]


def _own(user: User) -> QuerySet[Incoming]:
    return Incoming.objects.filter(owner=user).select_related("collection", "owner")


def _shown(request: HttpRequest, found: Incoming) -> HttpResponse:
    level = level_in(signed_in(request), found.collection)
    context: dict[str, Any] = {
        "each": found,
        "collection": found.collection,
        "is_contributor": level is not None and level >= Level.CONTRIBUTOR,
        "is_owner": level == Level.OWNER,
    }
    made = found.document_id
    if made and access.readable_documents(found.owner).filter(pk=made).exists():
        context["rows"] = [row_of(made)]
    response = render(request, "documents/_incoming.html", context)
    if found.is_archive and found.files:
        response.headers["HX-Trigger"] = "files-arrived"
    return response
