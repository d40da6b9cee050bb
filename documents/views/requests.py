"""What every view asks of its request: who, whether a fragment is wanted, and the row at a level."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from documents import access, uploads
from documents.models import Collection, Document, DocumentVersion, Level
from ragapp.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that `login_required` let through."""
    assert isinstance(request.user, User)
    return request.user


def is_fragment(request: HttpRequest) -> bool:
    """True when htmx, or our upload script, asks for a part of a page."""
    return bool(getattr(request, "htmx", False)) or request.headers.get("X-Fragment") == "1"


def collection_at(request: HttpRequest, pk: int, level: Level) -> Collection:
    """The collection, if the person has `level` there; 404 else, as if there were none."""
    return get_object_or_404(access.collections_for(signed_in(request), level), pk=pk)


def document_at(request: HttpRequest, pk: UUID, level: Level) -> Document:
    """The document, if the person has `level` on every list above it; 404 else, as if there were none."""
    found = access.documents_for(signed_in(request), level).select_related("collection", "current_version", "parent")
    return get_object_or_404(found, pk=pk)


def version_of(request: HttpRequest, document: Document, number: int) -> DocumentVersion:
    """Version `number` of a document that was found by `document_at`.

    What is newer than the version that answers come from may be broken or withdrawn: it is for contributors, and for
    those who may release it.
    """
    current = document.current_version.number if document.current_version else 0
    if number > current and not uploads.may_release(document, signed_in(request)):
        document = document_at(request, document.pk, Level.CONTRIBUTOR)
    return get_object_or_404(document.versions, number=number)


def level_in(user: User, collection: Collection) -> Level | None:
    """The highest level the person has in the collection."""
    for level in reversed(Level):
        if access.collections_for(user, level).filter(pk=collection.pk).exists():
            return level
    return None


def level_on(user: User, document: Document) -> Level | None:
    """The highest level the person has on the document."""
    for level in reversed(Level):
        if access.documents_for(user, level).filter(pk=document.pk).exists():
            return level
    return None
