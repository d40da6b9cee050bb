"""Text follows its sources: what reviewers and repliers wrote from documents goes with them."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.dispatch import receiver

from chat.models import Citation
from documents.lineage import documents_removed, text_withdrawn
from evaluation.models import Escalation, Review


@receiver([documents_removed, text_withdrawn])
def forget(sender: object, *, document_ids: list[UUID], **kwargs: Any) -> dict[str, int]:
    """Empties corrections, notes and replies about answers that rest on these documents, or that name a passage there.

    The verdicts stay. Says how many lost something.
    """
    resting = Citation.objects.filter(document_id__in=document_ids, is_support=True).values("answer")
    reviews = Review.objects.filter(Q(answer__in=resting) | Q(right_document_id__in=document_ids))
    written = reviews.exclude(corrected_answer="", note="").update(corrected_answer="", note="")
    replied = Escalation.objects.filter(answer__in=resting).exclude(reply="").update(reply="")
    return {"reviews": written, "replies": replied}
