"""Questions that people asked, for measuring indexes with: each is asked again only with its asker's rights."""

from typing import Any

from django.dispatch import receiver

from chat.models import Turn
from documents.lineage import questions_asked


@receiver(questions_asked)
def latest(*, limit: int, **kwargs: Any) -> list[tuple[str, int]]:
    """The latest ones, newest first."""
    turns = Turn.objects.exclude(question="").order_by("-asked_at")
    return list(turns.values_list("question", "conversation__user")[:limit])
