"""Feedback, verdicts and escalations come days after the answer: its totals are then made anew."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from evaluation.models import Escalation, Feedback, Review
from evaluation.rollups.making import mark_stale


@receiver([post_save, post_delete], sender=Feedback)
@receiver([post_save, post_delete], sender=Review)
@receiver([post_save, post_delete], sender=Escalation)
def something_was_said(sender: object, *, instance: Feedback | Review | Escalation, **kwargs: Any) -> None:
    """Given, changed or taken back."""
    mark_stale([instance.answer_id])
