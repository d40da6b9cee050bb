"""Archives, and how far uploads in parts have come."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from documents import access, archives, incoming, uploads
from documents.api.shapes import REFUSALS, IncomingOut
from documents.api.showing import ID_MAX, refusal
from documents.models import Incoming, Level
from documents.wording import told
from ragapp.accounts.models import Scope
from ragapp.api.callers import Bearer, owner_of
from ragapp.api.problems import Refused

router = Router(tags=["uploads"])
WRITE = Bearer(Scope.WRITE)


@router.post("collections/{pk}/archives", response={202: IncomingOut, **REFUSALS}, auth=WRITE)
def unpack(
    request: HttpRequest,
    pk: ID_MAX,
    file: Annotated[UploadedFile, File()],
    dry_run: Annotated[bool, Form()] = False,
) -> Status[dict[str, Any]]:
    """Unpack a zip or tar file in the background; its folders become part of the paths. Larger ones come by tus.

    With `dry_run` nothing is stored; the answer says what would change.
    """
    user = owner_of(request)
    collection = get_object_or_404(access.collections_for(user, Level.CONTRIBUTOR), pk=pk)
    name = file.name or ""
    if not archives.is_archive(name):
        raise Refused(
            422,
            _("The name is not that of an archive."),
            _("It ends in one of %(endings)s.") % {"endings": ", ".join(archives.ARCHIVES)},
        )
    try:
        content = file.read(settings.MAX_UPLOAD_MB * 1024**2)
        begun = incoming.take(collection, name=name, content=content, by=user, is_dry_run=dry_run)
    except uploads.UploadRefused as refused:
        raise refusal(refused) from refused
    return Status(202, _shown(begun))


@router.get("uploads/{uuid:pk}", response={200: IncomingOut, **REFUSALS}, auth=WRITE)
def arriving(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """How far your upload or archive has come, what became of its files, and which were refused and why."""
    return _shown(get_object_or_404(Incoming, pk=pk, owner=owner_of(request)))


@router.post("uploads/{uuid:pk}/go-on", response={200: IncomingOut, **REFUSALS}, auth=WRITE)
def go_on(request: HttpRequest, pk: UUID) -> dict[str, Any]:
    """After a dry run: do what it said."""
    user = owner_of(request)
    try:
        incoming.go_on(pk, by=user)
    except incoming.Gone as error:
        raise Http404 from error
    return _shown(get_object_or_404(Incoming, pk=pk, owner=user))


def _shown(found: Incoming) -> dict[str, Any]:
    return {
        "id": found.pk,
        "name": found.path,
        "state": found.state,
        "is_archive": found.is_archive,
        "is_dry_run": found.is_dry_run,
        "size_bytes": found.size_bytes,
        "received_bytes": found.received_bytes,
        "files": found.files,
        "counts": found.counts,
        "refusals": [{**each, "reason": told(each["reason"])} for each in found.refusals],
        "failure": told(found.failure),
        "hint": told(found.hint),
        "document": found.document_id,
        "expires_at": found.expires_at,
    }
