"""Which version of a document answers, and from when to when each holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from documents import queue, tasks
from documents.access import documents_for
from documents.ingestion.index import make_current
from documents.models import Chunk, Document, DocumentVersion, Extraction, IndexVersion, IngestionRun, Level
from ragapp.accounts.models import User
from ragapp.audit import log


class VersionRefused(Exception):
    """`message` says what was refused and why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


def for_readers(document: Document) -> QuerySet[DocumentVersion]:
    """The versions that readers may know of: the one that answers, and those before it that did.

    What is held, failed or newer is for contributors, and for those who may release it, whatever its number.
    """
    current = document.current_version
    if current is None:
        return document.versions.none()
    answered = Exists(Extraction.objects.filter(version=OuterRef("pk"), is_current=True))
    return document.versions.filter(Q(pk=current.pk) | Q(answered, number__lt=current.number))


def to_compare(document: Document, known: Sequence[int]) -> tuple[int, int] | None:
    """The two numbers of `known` whose difference is asked for most, the older first: what answers and what came before
    it; after the first one was restored, what it replaced. None when there are not two."""
    current = document.current_version.number if document.current_version else 0
    older = [number for number in known if number < current]
    newer = [number for number in known if number > current]
    if current in known and (older or newer):
        return (max(older), current) if older else (current, min(newer))
    return (sorted(known)[-2], max(known)) if len(known) > 1 else None


@transaction.atomic
def restore(version: DocumentVersion, *, by: User) -> bool:
    """Let `version` answer again, from the next question on. True when it does; False when its passages, which the
    live index no longer has, are first made anew of the text that was kept.

    Raises VersionRefused when `by` may not, when it was never read, or when it answers already.
    """
    document = _locked(version.document_id, by)
    if document.parent_id is not None:
        raise VersionRefused(_("This file belongs to an e-mail."), _("Restore the e-mail instead."))
    if document.current_version_id == version.pk:
        raise VersionRefused(_("This version answers questions already."), _("Choose another one."))
    if not version.extractions.filter(is_current=True).exists():
        raise VersionRefused(
            _("This version was never read to its end."), _("Try reading it again, or upload it once more.")
        )
    was = document.current_version.number if document.current_version else None
    log.record("version_restored", by=by, target=document, version=version.number, before=was)
    live = IndexVersion.objects.filter(is_live=True).first()
    if live is not None and Chunk.objects.filter(index_version=live, version=version).exists():
        make_current(document, version)
        return True
    IngestionRun.objects.filter(version=version).update(
        **queue.BACK_IN_THE_QUEUE, stage=IngestionRun.Stage.CHUNK, is_restoring=True
    )
    tasks.ingest.delay_on_commit(version.pk)
    return False


@transaction.atomic
def set_validity(version: DocumentVersion, *, valid_from: date | None, valid_to: date | None, by: User) -> None:
    """Say from when to when, both days included, `version` holds; None is open. What a person said here stays, also
    when the file is read again.

    Raises VersionRefused when `by` may not, or when it would end before it begins.
    """
    document = _locked(version.document_id, by)
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise VersionRefused(_("It would end before it begins."), _("Check the two dates."))
    before = DocumentVersion.objects.select_for_update().get(pk=version.pk)
    if (before.valid_from, before.valid_to, before.is_validity_confirmed) == (valid_from, valid_to, True):
        return
    log.record(
        "validity_changed",
        by=by,
        target=document,
        version=version.number,
        valid_from=valid_from,
        valid_to=valid_to,
        before=[before.valid_from, before.valid_to],
    )
    DocumentVersion.objects.filter(pk=version.pk).update(
        valid_from=valid_from, valid_to=valid_to, is_validity_confirmed=True
    )


def _locked(document_id: UUID, by: User) -> Document:
    if not documents_for(by, Level.CONTRIBUTOR).filter(pk=document_id).exists():
        raise VersionRefused(_("You cannot change this document."), _("Ask an owner to let you contribute."))
    # Ingestion locks the document, too, before it moves the pointer.
    return Document.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=document_id)
