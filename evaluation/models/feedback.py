"""What readers think of an answer."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Reason(models.TextChoices):
    """Why an answer was not good."""

    WRONG = "wrong", _("Wrong")
    INCOMPLETE = "incomplete", _("Incomplete")
    NOT_SUPPORTED = "not_supported", _("Not supported by the source")
    OUTDATED = "outdated", _("Outdated")
    WRONG_SOURCE = "wrong_source", _("Wrong source")
    UNSAFE = "unsafe", _("Unsafe")
    TOO_SLOW = "too_slow", _("Too slow")
    OTHER = "other", _("Something else")


class Feedback(models.Model):
    """One person's opinion of one answer; changeable. Who only rates or comments gives no thumb."""

    answer = models.ForeignKey("chat.Answer", on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    thumb = models.SmallIntegerField(choices=[(1, _("Helpful")), (-1, _("Not helpful"))], null=True, blank=True)
    reasons = ArrayField(models.CharField(max_length=20, choices=Reason), default=list, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "answer", "user", "thumb", "reasons", "rating", "created_at", "updated_at"})
        purge: ClassVar = {"comment": timedelta(days=730)}

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(fields=["answer", "user"], name="one_opinion_a_person"),
            CheckConstraint(condition=Q(thumb__isnull=True) | Q(thumb__in=[1, -1]), name="a_thumb_points_up_or_down"),
            CheckConstraint(condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="a_rating_is_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.get_thumb_display() or self.rating}: {self.answer_id}"

    @property
    def reason_labels(self) -> list[str]:
        """The reasons in words."""
        return [str(Reason(reason).label) for reason in self.reasons]
