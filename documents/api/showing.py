"""Documents as the API shows them, with no more than their pages would show to the same person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from ninja import Path

from documents import access, originals
from documents.models import Document, DocumentVersion, Level
from documents.uploads import Accepted, UploadRefused
from documents.wording import told
from ragapp.accounts.models import User
from ragapp.api.problems import Refused

# What a bigint takes.
ID_MAX = Annotated[int, Path(ge=1, le=2**63 - 1)]


def shown(documents: Iterable[Document], user: User) -> list[dict[str, Any]]:
    """DocumentOut of each, in order; readers hear nothing of versions newer than the one that answers."""
    found = list(documents)
    keys = [document.pk for document in found]
    changeable = set(access.documents_for(user, Level.CONTRIBUTOR).filter(pk__in=keys).values_list("pk", flat=True))
    newest: dict[Any, DocumentVersion] = {}
    current: dict[Any, DocumentVersion] = {}
    pointers = {document.pk: document.current_version_id for document in found}
    for version in DocumentVersion.objects.filter(document__in=keys).select_related("run").order_by("number"):
        newest[version.document_id] = version
        if pointers[version.document_id] == version.pk:
            current[version.document_id] = version
    hidden = originals.hidden_from(user, [*newest.values(), *current.values()])
    return [
        _document(
            document,
            current.get(document.pk),
            newest.get(document.pk) if document.pk in changeable else current.get(document.pk),
            hidden,
        )
        for document in found
    ]


def version_out(version: DocumentVersion, current_id: int | None, *, is_withheld: bool) -> dict[str, Any]:
    """VersionOut of a version whose run is loaded; what would tell of an original that is withheld is null."""
    run = version.run
    return {
        "number": version.number,
        "is_current": version.pk == current_id,
        "state": run.state,
        "stage": run.stage,
        "attempts": run.attempts,
        "failure": told(run.failure),
        "hint": told(run.hint),
        "warnings": [told(str(warning)) for warning in run.warnings],
        "sha256": None if is_withheld else version.sha256,
        "size_bytes": None if is_withheld else version.size_bytes,
        "filename": version.filename,
        "media_type": version.media_type,
        "uploaded_at": version.uploaded_at,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
    }


def change_of(accepted: Accepted, user: User) -> dict[str, Any]:
    """ChangeOut of an upload."""
    if accepted.is_retried:
        change = "retried"
    elif accepted.is_unchanged:
        change = "unchanged"
    else:
        change = "added" if accepted.version.number == 1 else "changed"
    document = Document.objects.get(pk=accepted.document.pk)
    return {"change": change, "same_as": accepted.same_as, "document": shown([document], user)[0]}


def refusal(refused: UploadRefused) -> Refused:
    """A refused upload as the API says it."""
    return Refused(422, refused.message, refused.hint)


def _document(
    document: Document, current: DocumentVersion | None, newest: DocumentVersion | None, hidden: set[int]
) -> dict[str, Any]:
    return {
        "id": document.pk,
        "collection": document.collection_id,
        "path": document.path,
        "title": document.title,
        "tags": document.tags,
        "version": current.number if current else None,
        "newest": (
            version_out(newest, document.current_version_id, is_withheld=newest.pk in hidden) if newest else None
        ),
        "updated_at": document.updated_at,
    }
