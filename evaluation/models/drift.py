"""What each look for drift found, one row for each signal: figures only."""

from typing import ClassVar

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention
from ragapp.lib.display import number


class DriftCheck(models.Model):
    """One signal of the week that ended with `day`, against the four weeks before it."""

    class Signal(models.TextChoices):
        """What is compared."""

        QUESTIONS = "questions", _("Questions, by meaning")
        TOPICS = "topics", _("Topics of questions")
        LANGUAGES = "languages", _("Languages of questions")
        SUFFICIENCY = "sufficiency", _("How sure passages answer")
        NOT_FOUND = "not_found", _("Questions without an answer")
        FEEDBACK = "feedback", _("Thumbs")
        JUDGED = "judged", _("Verdicts of reviewers")
        JUDGE = "judge", _("Verdicts of the judge")
        SUPPORT = "support", _("Support of sentences")
        COST = "cost", _("Cost of answers")
        LATENCY = "latency", _("Time to the answer")
        SOURCE_AGE = "source_age", _("Age of the sources")

    day = models.DateField()
    signal = models.CharField(max_length=20, choices=Signal)
    n_now = models.PositiveIntegerField()
    n_before = models.PositiveIntegerField()
    effect = models.FloatField()
    # What chance alone reaches at these numbers, or the smallest effect that counts.
    threshold = models.FloatField()
    p = models.FloatField()
    is_drift = models.BooleanField()
    # A figure of each window that people can read: a share, a median; NULL where there is none.
    now = models.FloatField(null=True)
    before = models.FloatField(null=True)
    at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset(
            {
                "id", "day", "signal", "n_now", "n_before", "effect", "threshold", "p", "is_drift", "now", "before",
                "at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-day", "signal"]
        constraints: ClassVar = [UniqueConstraint(fields=["day", "signal"], name="a_signal_is_looked_at_once_a_day")]

    def __str__(self) -> str:
        return f"{self.signal} {self.day}"


def written(signal: str, value: float) -> str:
    """`value` of `signal` as people read it, in the language of whoever reads."""
    match signal:
        case DriftCheck.Signal.COST:
            return f"${number(value, 5)}"
        case DriftCheck.Signal.LATENCY:
            return gettext("%(n)s ms") % {"n": number(value)}
        case DriftCheck.Signal.SOURCE_AGE:
            return gettext("%(n)d days") % {"n": round(value)}
        case DriftCheck.Signal.SUFFICIENCY:
            return number(value, 2)
        case _other:
            return f"{number(100 * value, 1)}\N{NO-BREAK SPACE}%"


def change(signal: str, before: float, now: float) -> str:
    """Both windows in words."""
    return gettext("%(before)s before, %(now)s now") % {"before": written(signal, before), "now": written(signal, now)}
