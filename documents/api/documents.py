"""One document: how it stands, another version, another try, withdrawing it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Status
from ninja.files import UploadedFile

from documents import access, moving, originals, reading_again, uploads
from documents.api.shapes import REFUSALS, ChangeOut, DescribeIn, DocumentOut, ReceiptOut, VersionOut
from documents.api.showing import change_of, refusal, shown, version_out
from documents.models import Document, Level
from documents.versions import VersionRefused, for_readers, set_validity
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of
from ragapp.api.problems import Refused

router = Router(tags=["documents"])
READ, WRITE = Bearer(Scope.READ), Bearer(Scope.WRITE)


@router.get("documents/{uuid:pk}", response={200: DocumentOut, **REFUSALS}, auth=READ)
def document(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """How the document stands: the version that answers, and how far the newest one has come."""
    return shown([_at(request, pk, Level.READER)], owner_of(request))[0]


@router.get("documents/{uuid:pk}/versions", response={200: list[VersionOut], **REFUSALS}, auth=READ)
def versions(request: HttpRequest, pk: UUID) -> list[dict[str, Any]]:
    """Its versions, the newest first; those that are held, failed or newer than what answers are for contributors."""
    found = _at(request, pk, Level.READER)
    is_contributor = access.documents_for(owner_of(request), Level.CONTRIBUTOR).filter(pk=pk).exists()
    wanted = found.versions.all() if is_contributor else for_readers(found)
    rows = wanted.select_related("run").order_by("-number")
    hidden = originals.hidden_from(owner_of(request), rows)
    return [version_out(row, found.current_version_id, is_withheld=row.pk in hidden) for row in rows]


@router.post("documents/{uuid:pk}/versions", response={200: ChangeOut, 201: ChangeOut, **REFUSALS}, auth=WRITE)
def replace(request: HttpRequest, pk: UUID, file: Annotated[UploadedFile, File()]) -> Status[dict[str, Any]]:
    """Another version under the same path. Until it is ready, answers use the one before."""
    found, user = _at(request, pk, Level.CONTRIBUTOR), owner_of(request)
    try:
        accepted = uploads.replace(found, name=file.name or "", content=file, by=user)
    except uploads.UploadRefused as refused:
        raise refusal(refused) from refused
    return Status(200 if accepted.is_unchanged else 201, change_of(accepted, user))


@router.patch("documents/{uuid:pk}", response={200: DocumentOut, **REFUSALS}, auth=WRITE)
def describe(request: HttpRequest, pk: UUID, wanted: DescribeIn) -> dict[str, Any]:
    """Set its tags, and from when to when it holds, both days included; null opens an end."""
    found, user = _at(request, pk, Level.CONTRIBUTOR), owner_of(request)
    told = wanted.dict(exclude_unset=True)
    version = found.current_version or found.versions.order_by("-number").first()
    try:
        with transaction.atomic():
            if wanted.tags is not None:
                moving.tag([found], add=wanted.tags, remove=set(found.tags) - set(wanted.tags), by=user)
            if version is not None and told.keys() & {"valid_from", "valid_to"}:
                dates = {name: told.get(name, getattr(version, name)) for name in ("valid_from", "valid_to")}
                set_validity(version, **dates, by=user)
    except (uploads.UploadRefused, VersionRefused) as refused:
        raise Refused(422, refused.message, refused.hint) from refused
    return shown([_at(request, pk, Level.CONTRIBUTOR)], user)[0]


@router.post("documents/{uuid:pk}/retry", response={200: DocumentOut, **REFUSALS}, auth=WRITE)
def retry(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """Start a failed ingestion again, at the stage that failed; one that has not failed goes on as it is."""
    found, user = _at(request, pk, Level.CONTRIBUTOR), owner_of(request)
    newest = found.versions.order_by("-number").first()
    try:
        if newest is not None:
            reading_again.retry(newest, by=user)
    except uploads.UploadRefused as refused:
        raise refusal(refused) from refused
    return shown([found], user)[0]


@router.delete("documents/{uuid:pk}", response={200: ReceiptOut, **REFUSALS}, auth=WRITE)
def withdraw(request: HttpRequest, pk: UUID) -> uploads.Receipt:
    """Remove the document with all that was made from it, at once and for everybody. Only its owners can."""
    found = _at(request, pk, Level.OWNER)
    return uploads.remove(found, by=owner_of(request))


def _at(request: HttpRequest, pk: UUID, level: Level) -> Document:
    found = access.documents_for(owner_of(request), level).select_related("current_version", "collection")
    return get_object_or_404(found, pk=pk)
