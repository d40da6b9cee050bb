"""Questions that people asked, apart from those of evaluation runs and trials, which nobody wants an answer to."""

from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from chat.models import Turn
from documents.lineage import questions_asked

# Of answers: asked by a person, or by a program for one; not by an evaluation run, a preview or from the shell.
OF_PEOPLE = Q(turn__conversation__is_hidden=False) | Q(turn__by_program__isnull=False)
OF_NOBODY = Q(turn__conversation__is_hidden=True, turn__by_program__isnull=True)


@receiver(questions_asked)
def latest(*, limit: int, **kwargs: Any) -> list[tuple[str, int]]:
    """The latest ones, newest first, for measuring indexes with: each is asked again only with its asker's rights."""
    of_people = Q(conversation__is_hidden=False) | Q(by_program__isnull=False)
    turns = Turn.objects.filter(of_people).exclude(question="").order_by("-asked_at")
    return list(turns.values_list("question", "conversation__user")[:limit])
