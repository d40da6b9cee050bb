"""Who may see a document as it was uploaded, when its text was redacted: the file, its page pictures, hidden values."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from documents.access import documents_for
from documents.models import Collection, Document, DocumentVersion, Extraction, Level
from ragapp.accounts.models import Role, User

_REDACT = Collection.PersonalData.REDACT


def may_see(user: User | AnonymousUser, document: Document) -> bool:
    """Owners of the document, and corpus admins who may read it. A role alone opens nothing, as everywhere."""
    return _seen_by(user).filter(pk=document.pk).exists()


def _seen_by(user: User | AnonymousUser) -> QuerySet[Document]:
    is_admin = isinstance(user, User) and user.has_role(Role.CORPUS_ADMIN)
    return documents_for(user, Level.READER if is_admin else Level.OWNER)


def is_withheld(version: DocumentVersion) -> bool:
    """Whether the original of `version` shows what its text does not, or will not once it is processed.

    The whole file is withheld, not only the places that were found: a page's header, its pictures and the file's
    properties may repeat a value that was found in its text.
    """
    if Collection.objects.filter(documents=version.document_id, personal_data=_REDACT).exists():
        return True
    return Extraction.objects.filter(version=version, redaction__startswith=_REDACT).exists()


def shows(version: DocumentVersion, user: User | AnonymousUser) -> bool:
    """Whether `user`, who may read the document, may see the original of `version`, too."""
    return version.pk not in hidden_from(user, [version])


def hidden_from(user: User | AnonymousUser, versions: Iterable[DocumentVersion]) -> set[int]:
    """The ids of those of `versions`, of documents that `user` may read, whose originals `user` may not see."""
    document_of = {version.pk: version.document_id for version in versions}
    redacting = set(
        Document.objects.filter(pk__in=document_of.values(), collection__personal_data=_REDACT).values_list(
            "pk", flat=True
        )
    )
    redacted = set(
        Extraction.objects.filter(version__in=document_of, redaction__startswith=_REDACT).values_list(
            "version_id", flat=True
        )
    )
    withheld = {pk for pk, document_id in document_of.items() if pk in redacted or document_id in redacting}
    if not withheld:
        return set()
    seen = set(_seen_by(user).filter(pk__in={document_of[pk] for pk in withheld}).values_list("pk", flat=True))
    return {pk for pk in withheld if document_of[pk] not in seen}
