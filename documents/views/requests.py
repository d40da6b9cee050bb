"""What every view asks of its request: who, whether a fragment is wanted, and the row at a level."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from documents import access, holding, versions
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

    One that readers may not know of is for contributors, and for those who may release it.
    """
    is_open = versions.for_readers(document).filter(number=number).exists()
    if not is_open and not holding.may_release(document, signed_in(request)):
        document = document_at(request, document.pk, Level.CONTRIBUTOR)
    return get_object_or_404(document.versions, number=number)


def chosen_version(request: HttpRequest, document: Document) -> DocumentVersion | None:
    """The version that `?version=` asks for, as `version_of`; without it the one that answers questions."""
    wanted = request.GET.get("version", "")
    if not wanted.isdecimal() or len(wanted) > 6:
        return document.current_version
    return version_of(request, document, int(wanted))


def kept(request: HttpRequest, *names: str) -> str:
    """These parameters of the address, as they go on in links of the page: "version=2&view=text&" or ""."""
    pairs = [(name, request.GET[name]) for name in names if request.GET.get(name)]
    return f"{urlencode(pairs)}&" if pairs else ""


def chosen_documents(request: HttpRequest, collection: Collection) -> list[Document]:
    """The documents ticked in the table of `collection` that the person may change."""
    chosen = [key for value in request.POST.getlist("documents") if (key := _uuid(value))]
    changeable = access.documents_for(signed_in(request), Level.CONTRIBUTOR)
    return list(changeable.filter(collection=collection, pk__in=chosen).select_related("collection"))


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


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
