"""What other systems are told of documents: ids and numbers, in the transaction of what happened.

Of private files nothing: they are nobody else's business.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from documents.lineage import documents_removed
from documents.models import Document, DocumentVersion
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event


def ended(version_id: int, event: Event) -> None:
    """A version can be asked, or could not be read."""
    shared = DocumentVersion.objects.filter(pk=version_id, document__collection__is_private=False)
    for document_id, number, collection_id in shared.values_list("document", "number", "document__collection"):
        sending.send(event, {"document": str(document_id), "version": number, "collection": collection_id})


@receiver(documents_removed)
def removed(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> None:
    """Each on its own, also those that were attached to another."""
    if not sending.is_wanted(Event.DOCUMENT_REMOVED):
        return
    shared = Document.objects.filter(pk__in=document_ids, collection__is_private=False)
    for document_id in shared.order_by("pk").values_list("pk", flat=True):
        sending.send(Event.DOCUMENT_REMOVED, {"document": str(document_id)})
