"""Files of one person, attached to something of theirs: read, indexed and removed as others are, in no list."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from documents import access, uploads
from documents.models import Collection, Document, DocumentVersion, IngestionRun
from documents.uploads import Accepted, Content, UploadRefused
from ragapp.accounts.models import User
from ragapp.audit import log

FILES_MOST = 10
WORKING = (IngestionRun.State.QUEUED, IngestionRun.State.RUNNING)


class NoSuchFile(Exception):
    """There is no such file, or it is not theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFile:
    """A file and how far its reading has come. `problem` says why it cannot answer, and what helps."""

    document: UUID
    name: str
    state: str
    stage: str
    problem: str
    is_working: bool


@transaction.atomic
def create(name: str, *, by: User) -> int:
    """A collection for files that `by` alone reads, under a `name` that nobody else uses; its id."""
    created = Collection.objects.create(name=name, is_private=True, access_list=access.create_list(by), created_by=by)
    log.record("collection_created", by=by, target=created)
    return created.pk


def take(collection_id: int, *, name: str, content: Content, by: User) -> Accepted:
    """Takes one file, as any upload is taken. Raises UploadRefused."""
    collection = Collection.objects.get(pk=collection_id, is_private=True)
    if Document.objects.filter(collection=collection, parent__isnull=True).count() >= FILES_MOST:
        raise UploadRefused(_("There are %(n)d files already.") % {"n": FILES_MOST}, _("Remove one first."))
    return uploads.accept(collection, name=name.replace("\\", "/").rpartition("/")[2], content=content, by=by)


def remove(collection_id: int, document_id: UUID, *, by: User) -> None:
    """Removes a file with all that was made from it. Raises NoSuchFile."""
    found = access.documents_for(by, access.Level.OWNER).filter(
        pk=document_id, collection=collection_id, collection__is_private=True, parent__isnull=True
    )
    if (document := found.first()) is None:
        raise NoSuchFile
    uploads.remove(document, by=by)


def files_in(collection_id: int, *, reader: User) -> list[PrivateFile]:
    """The files by name, each as its newest version stands; none for anybody who may not read them."""
    documents = access.readable_documents(reader).filter(collection=collection_id, parent__isnull=True)
    versions = DocumentVersion.objects.filter(document__in=documents).select_related("run")
    newest = versions.order_by("document__path", "-number").distinct("document__path")
    return [_file(version) for version in newest]


def remove_all_but(kept: QuerySet[Any, int | None]) -> None:
    """Removes the private collections that are not among `kept`, with their files.

    `kept` is asked in the same query: what is attached meanwhile is in both or in neither.
    """
    for collection in Collection.objects.filter(is_private=True).exclude(pk__in=kept):
        uploads.remove_collection(collection, by=None)


def _file(version: DocumentVersion) -> PrivateFile:
    run = version.run
    return PrivateFile(
        document=version.document_id,
        name=version.filename,
        state=run.state,
        stage=run.get_stage_display(),
        problem=f"{run.failure} {run.hint}".strip() if run.state == IngestionRun.State.FAILED else "",
        is_working=run.state in WORKING,
    )
