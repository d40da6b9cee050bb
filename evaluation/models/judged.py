"""What the judge, a language model, said of a sample of what people were answered."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from ragapp.lib import retention


class JudgedAnswer(models.Model):
    """`is_good` as evaluation.judge has it. One row an answer, and it goes with the answer."""

    answer = models.OneToOneField("chat.Answer", on_delete=models.CASCADE, related_name="judged")
    is_good = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "answer", "is_good"})
        purge: ClassVar = {"at": timedelta(days=730)}

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.answer_id}: {'good' if self.is_good else 'bad'}"
