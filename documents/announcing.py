"""What other systems are told of documents: ids and numbers, in the transaction of what happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from documents.lineage import documents_removed
from documents.models import DocumentVersion
from ragapp.webhooks import sending
from ragapp.webhooks.models import Event


def ended(version_id: int, event: Event) -> None:
    """A version can be asked, or could not be read."""
    found = DocumentVersion.objects.filter(pk=version_id).values_list("document", "number", "document__collection")
    for document_id, number, collection_id in found:
        sending.send(event, {"document": str(document_id), "version": number, "collection": collection_id})


@receiver(documents_removed)
def removed(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> None:
    """Each on its own, also those that were attached to another."""
    for document_id in document_ids:
        sending.send(Event.DOCUMENT_REMOVED, {"document": str(document_id)})
