"""Versions that wait until a person has looked at them: which, why, and who may let them pass."""

from __future__ import annotations

from dataclasses import dataclass

from documents.access import documents_for
from documents.models import Document, DocumentVersion, IngestionRun, Level
from ragapp.accounts.models import Role, User

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
