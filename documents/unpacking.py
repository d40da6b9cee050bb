"""Taking in what has arrived: a file as it is, an archive file by file, going on where a dead worker stopped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import incoming, leases, storage, uploads
from documents.archives import Found, UnreadableArchive, members_of
from documents.comparing import Change, Offered, compare
from documents.models import Incoming
from documents.uploads import Accepted, UploadRefused
from ragapp.privacy import vault

State = Incoming.State
REFUSALS_KEPT = 1000
ATTEMPTS_MAX = 3
GAVE_UP = ("Unpacking this archive stopped its worker three times.", "Unpack it yourself, and upload the folder.")
DAMAGED = ("What arrived is not what was sent: the checksum differs.", "Upload the file again.")
UNREADABLE_HINT = "What was unpacked before stays. Check the archive, or unpack it yourself and upload the folder."


def work(pk: UUID) -> None:
    """Take in what has arrived, if it waits or its worker has fallen silent. May run twice."""
    rows = Incoming.objects.select_related("owner", "collection").filter(pk=pk)
    found = leases.claim(rows, lease=_lease(), attempts_max=ATTEMPTS_MAX)
    if found is None:
        return
    try:
        _require_what_was_sent(found)
        if found.is_archive:
            _unpack(found)
        else:
            _take_file(found)
    except leases.LeaseLost:
        return
    except UploadRefused as refused:
        _end(found, State.FAILED, refused.message, refused.hint)
    except UnreadableArchive as error:
        _end(found, State.FAILED, str(error), UNREADABLE_HINT)
    except (FileNotFoundError, vault.Unreadable):
        _end(found, State.FAILED, "What arrived cannot be read any more.", "Upload the file again.")


def sweep() -> list[str]:
    """Give up what stopped its worker too often; the ids of all others that should be hinted at again."""
    rows = Incoming.objects.all()
    for found in leases.silent(rows, attempts_min=ATTEMPTS_MAX):
        _end(found, State.FAILED, *GAVE_UP)
    quiet = leases.to_hint_at(rows, every=timedelta(minutes=5))
    return [str(pk) for pk in quiet.order_by("created_at").values_list("pk", flat=True)]


def _require_what_was_sent(found: Incoming) -> None:
    if not found.sha256:
        return
    whole = sha256()
    with incoming.reader(found, on_read=lambda: _beat(found)) as file:
        while piece := file.read(1024**2):
            whole.update(piece)
    if whole.hexdigest() != found.sha256:
        raise UploadRefused(*DAMAGED)


def _take_file(found: Incoming) -> None:
    with incoming.reader(found, on_read=lambda: _beat(found)) as file:
        content = file.read()
    accepted = uploads.accept(found.collection, name=found.path, content=content, by=found.owner)
    found.document_id, found.files = accepted.document.pk, 1
    found.counts = {_change(accepted): 1}
    _end(found, State.DONE)


def _unpack(found: Incoming) -> None:
    done, seen = found.files, set[str]()
    counts, refusals = Counter(found.counts), list(found.refusals)
    with incoming.reader(found, on_read=lambda: _beat(found)) as file:
        members = members_of(
            file, found.path, packed_bytes=found.size_bytes, most_bytes=settings.MAX_UPLOAD_MB * 1024**2
        )
        for number, member in enumerate(members, start=1):
            path, change, reason = _settle(found, member, seen, is_done=number <= done)
            seen.add(path)
            if number <= done:
                continue
            counts[change.value] += 1
            if reason and len(refusals) < REFUSALS_KEPT:
                refusals.append({"path": storage.visible(member.path)[:500] or "?", "reason": reason})
            # Three attempts are for one file, not for all.
            _save(found, files=number, counts=dict(counts), refusals=refusals, attempts=0)
    found.files, found.counts, found.refusals = sum(counts.values()), dict(counts), refusals
    if not found.files:
        raise UploadRefused(_("The archive holds no files."), _("Check what was packed, and upload it again."))
    _end(found, State.PLANNED if found.is_dry_run else State.DONE)


def _settle(found: Incoming, member: Found, seen: set[str], *, is_done: bool) -> tuple[str, Change, str]:
    """The member's path, what became of it, and why it was refused."""
    if member.refused:
        return "", Change.REFUSED, member.refused
    try:
        path = uploads.plain_path(f"{PurePosixPath(found.path).parent}/{member.path}")
        if is_done:
            return path, Change.UNCHANGED, ""
        if path in seen:
            return path, Change.REFUSED, "Another file of the archive has this name."
        if not found.is_dry_run:
            accepted = uploads.accept(found.collection, name=path, content=member.content, by=found.owner)
            return path, Change(_change(accepted)), ""
        uploads.refuse_unreadable(path, member.content)
        offered = Offered(path=path, sha256=storage.digest(member.content), size_bytes=len(member.content))
        planned = compare(found.collection, [offered], by=found.owner)[0]
    except UploadRefused as refused:
        return "", Change.REFUSED, f"{refused.message} {refused.hint}"
    return path, planned.change, planned.reason


def _change(accepted: Accepted) -> str:
    if accepted.is_retried:
        return Change.RETRIED
    if accepted.is_unchanged:
        return Change.UNCHANGED
    return Change.ADDED if accepted.version.number == 1 else Change.CHANGED


def _beat(found: Incoming) -> None:
    _save(found)


def _save(found: Incoming, **fields: object) -> None:
    leases.renew(found, lease=_lease(), **fields)


def _end(found: Incoming, state: Incoming.State, failure: str = "", hint: str = "") -> None:
    """The report stays, the bytes go, unless a dry run may be followed by the real one."""
    ended = leases.let_go(
        found,
        state=state,
        failure=failure[:500],
        hint=hint[:500],
        document_id=found.document_id,
        files=found.files,
        counts=found.counts,
        refusals=found.refusals,
        finished_at=None if state == State.PLANNED else timezone.now(),
    )
    if ended and state != State.PLANNED:
        incoming.drop_parts(found)


def _lease() -> timedelta:
    return timedelta(seconds=settings.INCOMING_LEASE_S)
