"""Text follows its sources: when a document is removed, what answers quoted from it goes too."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone

from chat.models import Citation
from documents.lineage import documents_removed


@receiver(documents_removed)
def forget_quotes(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> None:
    """Empties the quotes of removed documents; the answers then say that a source was removed."""
    Citation.objects.filter(document_id__in=document_ids, removed_at__isnull=True).update(
        quote="", removed_at=timezone.now()
    )
