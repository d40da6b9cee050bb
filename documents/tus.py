"""tus 1.0 (core, creation, termination, expiration, checksum) over what arrives in parts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from email.utils import format_datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from documents import incoming
from documents.models import Collection, Incoming
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.api.problems import Refused, not_found

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
CHECKSUMS = ("sha256", "sha1")
_GONE = ("This upload has expired or takes no more parts.", "Begin it again.")
_HEADERS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}


def options() -> HttpResponse:
    """What this server can do."""
    return HttpResponse(
        status=204,
        headers=_HEADERS
        | {
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination,expiration,checksum",
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        },
    )


def create(request: HttpRequest, collection: Collection, user: User, address: Callable[[UUID], str]) -> HttpResponse:
    """A new upload, at `address` of its id. Raises Refused."""
    _require_version(request)
    told = _metadata(request.headers.get("Upload-Metadata", ""))
    sha256 = told.get("sha256", "").lower()
    if sha256 and (len(sha256) != 64 or set(sha256) - set("0123456789abcdef")):
        raise Refused(400, _("“sha256” is no SHA-256 in hexadecimal."), _("Leave it away, or correct it."))
    try:
        begun = incoming.begin(
            collection,
            name=told.get("path") or told.get("relativePath") or told.get("filename") or told.get("name") or "",
            size_bytes=_number(request, "Upload-Length"),
            by=user,
            sha256=sha256,
            is_dry_run=told.get("dry_run", "").lower() in ("1", "true", "yes"),
        )
    except UploadRefused as refused:
        raise Refused(422, refused.message, refused.hint) from refused
    return HttpResponse(status=201, headers=_standing(begun) | {"Location": address(begun.pk)})


def answer(request: HttpRequest, pk: UUID, user: User) -> HttpResponse:
    """HEAD says how much has arrived, PATCH adds a part, DELETE gives up. Raises Refused."""
    found = Incoming.objects.filter(pk=pk, owner=user).first()
    if found is None:
        raise not_found()
    _require_version(request)
    if request.method == "HEAD":
        return HttpResponse(headers=_standing(found) | {"Upload-Length": str(found.size_bytes)})
    try:
        if request.method == "DELETE":
            incoming.give_up(pk, by=user)
            return HttpResponse(status=204, headers=_HEADERS)
        return _part(request, pk, user)
    except incoming.Gone:
        raise Refused(410, *_GONE, _HEADERS) from None


def _part(request: HttpRequest, pk: UUID, user: User) -> HttpResponse:
    if request.headers.get("Content-Type", "").split(";")[0].strip() != PART_TYPE:
        raise Refused(415, _("A part is sent as %(type)s.") % {"type": PART_TYPE}, _("Set the Content-Type."), _HEADERS)
    data = request.read(incoming.PART_MAX_BYTES + 1)
    if len(data) > incoming.PART_MAX_BYTES:
        most = incoming.PART_MAX_BYTES // 1024**2
        raise Refused(413, _("A part is larger than %(most)s MB.") % {"most": most}, _("Send smaller ones."), _HEADERS)
    _require_checksum(request, data)
    try:
        grown = incoming.append(pk, offset_bytes=_number(request, "Upload-Offset"), data=data, by=user)
    except incoming.Conflict as conflict:
        raise Refused(
            409, str(conflict), _("Go on from there."), _HEADERS | {"Upload-Offset": str(conflict.offset_bytes)}
        ) from None
    except UploadRefused as refused:
        raise Refused(422, refused.message, refused.hint, _HEADERS) from refused
    return HttpResponse(status=204, headers=_standing(grown))


def _standing(found: Incoming) -> dict[str, str]:
    return _HEADERS | {
        "Upload-Offset": str(found.received_bytes),
        "Upload-Expires": format_datetime(found.expires_at, usegmt=True),
    }


def _require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(
            412, _("This server speaks tus 1.0.0."), _("Send Tus-Resumable: 1.0.0."), {"Tus-Version": VERSION}
        )


def _require_checksum(request: HttpRequest, data: bytes) -> None:
    if not (told := request.headers.get("Upload-Checksum", "")):
        return
    name, _space, value = told.partition(" ")
    if name not in CHECKSUMS:
        raise Refused(
            400,
            _("This kind of checksum is not known here."),
            _("Use one of: %(kinds)s.") % {"kinds": ", ".join(CHECKSUMS)},
            _HEADERS,
        )
    try:
        expected = base64.b64decode(value, validate=True)
    except binascii.Error:
        raise Refused(400, _("The checksum is not base64."), _("Correct it."), _HEADERS) from None
    if not hmac.compare_digest(hashlib.new(name, data).digest(), expected):
        raise Refused(460, _("The part arrived damaged, so it was not kept."), _("Send it again."), _HEADERS)


def _number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit()) or len(value) > 15:
        raise Refused(
            400, _("%(header)s is missing, or no number of bytes.") % {"header": header}, _("Send it."), _HEADERS
        )
    return int(value)


def _metadata(header: str) -> dict[str, str]:
    told = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _space, value = pair.partition(" ")
        try:
            told[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Refused(
                400, _("Upload-Metadata cannot be read."), _("Send names and base64 of UTF-8."), _HEADERS
            ) from None
    return told
