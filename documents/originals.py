"""Who may see a document as it was uploaded, when its text was redacted: the file, its page pictures, hidden values."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from documents.access import documents_for
from documents.models import Collection, Document, DocumentVersion, Extraction, Level
from ragapp.accounts.models import Role, User

_REDACT = Collection.PersonalData.REDACT


def may_see(user: User | AnonymousUser, document: Document) -> bool:
    """Owners of the document, and corpus admins who may read it. A role alone opens nothing, as everywhere."""
    is_admin = isinstance(user, User) and user.has_role(Role.CORPUS_ADMIN)
    return documents_for(user, Level.READER if is_admin else Level.OWNER).filter(pk=document.pk).exists()


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
    return not is_withheld(version) or may_see(user, version.document)
