"""Collections: which there are, what is in them, putting files in, and what that would change."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from documents import access, comparing, uploads
from documents.api.shapes import (
    REFUSALS,
    ChangeOut,
    CollectionOut,
    CompareIn,
    CompareOut,
    DocumentsOut,
)
from documents.api.showing import ID_MAX, change_of, refusal, shown
from documents.models import Collection, Document, Level
from ragapp.accounts.models import Scope, User
from ragapp.api.callers import Bearer, owner_of

router = Router(tags=["collections"])
READ, WRITE = Bearer(Scope.READ), Bearer(Scope.WRITE)


@router.get("collections", response={200: list[CollectionOut], **REFUSALS}, auth=READ)
def collections(request: HttpRequest) -> list[dict[str, Any]]:
    """The collections that you may read, with the number of documents that you may read there."""
    user = owner_of(request)
    counts = dict(
        access.readable_documents(user)
        .filter(current_version__isnull=False)
        .order_by()
        .values_list("collection")
        .annotate(n=Count("pk"))
    )
    levels = {pk: level for level in Level for pk in access.scope_of(user, level).collection_ids}
    return [
        {
            "id": each.pk,
            "name": each.name,
            "description": each.description,
            "level": int(levels[each.pk]),
            "documents": counts.get(each.pk, 0),
        }
        for each in access.collections_for(user)
        if each.pk in levels
    ]


@router.get("collections/{pk}/documents", response={200: DocumentsOut, **REFUSALS}, auth=READ)
def documents(
    request: HttpRequest,
    pk: ID_MAX,
    path: Annotated[str, Query(max_length=500)] = "",
    folder: Annotated[str, Query(max_length=500)] = "",
    after: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """Documents by path: one `path`, those below a `folder`, or all, a page at a time."""
    user = owner_of(request)
    collection = _at(user, pk, Level.READER)
    found = _listed(user, collection)
    if path:
        found = found.filter(path=path)
    if folder:
        found = found.filter(path__startswith=folder.rstrip("/") + "/")
    page = list(found.filter(path__gt=after).order_by("path")[: limit + 1])
    return {"items": shown(page[:limit], user), "next": page[limit - 1].path if len(page) > limit else None}


@router.post("collections/{pk}/documents", response={200: ChangeOut, 201: ChangeOut, **REFUSALS}, auth=WRITE)
def add(
    request: HttpRequest, pk: ID_MAX, file: Annotated[UploadedFile, File()], path: Annotated[str, Form()] = ""
) -> Status[dict[str, Any]]:
    """Put a file under `path` (its own name when none is given): a new document, or a new version of the one there.

    The same bytes again change nothing, so that sending twice is safe.
    """
    user = owner_of(request)
    collection = _at(user, pk, Level.CONTRIBUTOR)
    try:
        accepted = uploads.accept(collection, name=path or file.name or "", content=file, by=user)
    except uploads.UploadRefused as refused:
        raise refusal(refused) from refused
    return Status(200 if accepted.is_unchanged else 201, change_of(accepted, user))


@router.post("collections/{pk}/compare", response={200: CompareOut, **REFUSALS}, auth=WRITE)
def compare(request: HttpRequest, pk: ID_MAX, wanted: CompareIn) -> dict[str, Any]:
    """What uploading these files would change. Nothing is stored."""
    user = owner_of(request)
    collection = _at(user, pk, Level.CONTRIBUTOR)
    offered = [comparing.Offered(path=one.path, sha256=one.sha256, size_bytes=one.size_bytes) for one in wanted.files]
    try:
        planned = comparing.compare(collection, offered, by=user)
    except uploads.UploadRefused as refused:
        raise refusal(refused) from refused
    return {"files": [{"path": p.path, "change": p.change, "same_as": p.same_as, "reason": p.reason} for p in planned]}


def _at(user: User, pk: int, level: Level) -> Collection:
    return get_object_or_404(access.collections_for(user, level), pk=pk)


def _listed(user: User, collection: Collection) -> QuerySet[Document]:
    """As on the page of the collection: what has never been ready is for contributors."""
    own = access.documents_for(user, Level.CONTRIBUTOR).values("pk")
    return (
        access.readable_documents(user)
        .filter(collection=collection)
        .filter(Q(current_version__isnull=False) | Q(pk__in=own))
    )
