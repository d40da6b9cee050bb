"""Versions that wait until a person has looked at them: which, why, and who may let them pass."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import queue, tasks
from documents.access import documents_for
from documents.models import Document, DocumentVersion, IngestionRun, Level
from documents.uploads import UploadRefused
from ragapp.accounts.models import Role, User
from ragapp.audit import log

SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A version with its document, and what the person who asks may do: let it pass, remove the document."""

    document: Document
    version: DocumentVersion
    run: IngestionRun
    may_release: bool
    may_remove: bool


def held(*, reader: User) -> list[Held]:
    """The newest of what waits, the longest first: only of documents that `reader` may read and not only see."""
    level = Level.READER if reader.has_role(Role.REVIEWER) else Level.CONTRIBUTOR
    runs = (
        IngestionRun.objects.filter(state=IngestionRun.State.HELD, version__document__in=documents_for(reader, level))
        .select_related("version__document__collection", "version__uploaded_by")
        .order_by("finished_at")[:SHOWN]
    )
    found = list(runs)
    owned = set(documents_for(reader, Level.OWNER).values_list("pk", flat=True)) if found else set()
    is_reviewer = reader.has_role(Role.REVIEWER)
    return [
        Held(
            document=run.version.document,
            version=run.version,
            run=run,
            may_release=is_reviewer or run.version.document_id in owned,
            may_remove=run.version.document_id in owned,
        )
        for run in found
    ]


def count() -> int:
    """How many versions wait on the whole site."""
    return IngestionRun.objects.filter(state=IngestionRun.State.HELD).count()


@transaction.atomic
def release(version: DocumentVersion, *, by: User) -> None:
    """Let a version that is held pass the checks that held it. Raises UploadRefused when `by` may not."""
    if not may_release(version.document, by):
        raise UploadRefused(_("Only a reviewer or an owner who may read it can release this."), _("Ask one of them."))
    held = IngestionRun.objects.filter(version=version, state=IngestionRun.State.HELD)
    if held.update(**queue.BACK_IN_THE_QUEUE, released_by=by, released_at=timezone.now()):
        log.record("document_released", by=by, target=version.document, version=version.number)
        tasks.ingest.delay_on_commit(version.pk)


def may_release(document: Document, user: User) -> bool:
    """Whether `user` may release what is held of `document`: its owners, and reviewers who may read it."""
    level = Level.READER if user.has_role(Role.REVIEWER) else Level.OWNER
    return documents_for(user, level).filter(pk=document.pk).exists()
