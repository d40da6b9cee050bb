"""What people do with an answer, which tells what it was worth to them without a word about it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Reaction(models.Model):
    """How often one person did one thing with one answer. Kept apart from opinions: nobody was asked."""

    class Kind(models.TextChoices):
        AGAIN = "again", _("Asked for another answer")
        REPHRASE = "rephrase", _("Asked again in other words")
        COPY = "copy", _("Copied")
        PERSON = "person", _("Asked a person")

    answer = models.ForeignKey("chat.Answer", on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "answer", "user", "kind", "times", "first_at", "last_at"})

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["answer", "user", "kind"], name="a_reaction_is_counted")]
        indexes: ClassVar = [models.Index(fields=["first_at"], name="reactions_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.answer_id}"
