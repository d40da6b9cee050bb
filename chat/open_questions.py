"""Questions that found no answer, and the documents that came closest to one: numbers for the quality report."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone

from chat.asked import OF_PEOPLE
from chat.models import Answer
from documents.lineage import questions_left_open

DAYS, LATEST, CLOSEST = 90, 2000, 3


@receiver(questions_left_open)
def left_open(document_ids: list[UUID], **kwargs: Any) -> Counter[UUID]:
    """Of the latest questions without an answer, how many had a passage of the document among the closest."""
    wanted = {str(document_id): document_id for document_id in document_ids}
    since = timezone.now() - timedelta(days=DAYS)
    answers = Answer.objects.filter(OF_PEOPLE, status=Answer.Status.NOT_FOUND, created_at__gte=since).order_by(
        "-created_at"
    )
    found: Counter[UUID] = Counter()
    for candidates in answers.values_list("candidates", flat=True)[:LATEST]:
        close = {candidate["document_id"] for candidate in (candidates or ())[:CLOSEST]}
        found.update(wanted[document_id] for document_id in close if document_id in wanted)
    return found
