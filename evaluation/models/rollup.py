"""Totals of answers by hour and by day, and who asked on which day: made from answers, anew when those change."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils import timezone
from pgvector.django import VectorField

from ragapp.lib import retention

# Whole numbers of a total; what each counts stands in docs/how-to/read-the-dashboards.md.
COUNTED = (
    "answers", "answered", "caveat", "conflict", "not_found", "blocked", "failed", "stopped", "accepted",
    "thumbs_up", "thumbs_down", "rated", "rating_sum", "reviewed", "reviewed_good", "escalated", "guarded", "cached",
    "fallback", "sentences", "unsupported", "cited", "cited_first", "cited_top5", "tokens_in", "tokens_out",
    "cost_unknown", "unaided",
)  # fmt: skip


class Rollup(models.Model):
    """What happened in one hour or day, of one release, model and collection asked in, for one group of people.

    Ids are no foreign keys, and 0 stands for none: of `group_id` for everybody. Who is in several groups counts in
    each, so groups do not add up; rows with `group_id` 0 hold everything once.
    """

    class Grain(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    grain = models.CharField(max_length=4, choices=Grain)
    # The beginning, a whole hour, or midnight in the time zone of the site.
    at = models.DateTimeField()
    release_id = models.BigIntegerField()
    model = models.CharField(max_length=120)
    collection_id = models.BigIntegerField()
    group_id = models.BigIntegerField()

    answers = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    caveat = models.PositiveIntegerField(default=0)
    conflict = models.PositiveIntegerField(default=0)
    not_found = models.PositiveIntegerField(default=0)
    blocked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0)
    # Answered, without a thumb down, a verdict "bad" or a person who was asked.
    accepted = models.PositiveIntegerField(default=0)
    # Answered, and no person was asked.
    unaided = models.PositiveIntegerField(default=0)
    thumbs_up = models.PositiveIntegerField(default=0)
    thumbs_down = models.PositiveIntegerField(default=0)
    rated = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)
    reviewed = models.PositiveIntegerField(default=0)
    reviewed_good = models.PositiveIntegerField(default=0)
    escalated = models.PositiveIntegerField(default=0)
    # A guard changed or refused something.
    guarded = models.PositiveIntegerField(default=0)
    cached = models.PositiveIntegerField(default=0)
    fallback = models.PositiveIntegerField(default=0)
    sentences = models.PositiveIntegerField(default=0)
    unsupported = models.PositiveIntegerField(default=0)
    # Answers that use a passage, and where the best one of those stood among the candidates.
    cited = models.PositiveIntegerField(default=0)
    cited_first = models.PositiveIntegerField(default=0)
    cited_top5 = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost_unknown = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    # See evaluation.rollups.buckets.
    histograms = VectorField()

    class Retention(retention.Policy):
        keep: ClassVar = frozenset(
            {
                "id",
                "grain",
                "at",
                "release_id",
                "model",
                "collection_id",
                "group_id",
                "cost_usd",
                "histograms",
                *COUNTED,
            }
        )

    class Meta:
        constraints: ClassVar = [
            UniqueConstraint(
                fields=["grain", "group_id", "at", "release_id", "model", "collection_id"], name="a_total_is_made_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.at:%Y-%m-%d %H}: {self.answers}"


class AskedOnDay(models.Model):
    """How much one person asked on one day: what people, and costs of each, are counted from."""

    day = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    release_ids = ArrayField(models.BigIntegerField())
    questions = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    cost_usd = models.DecimalField(max_digits=16, decimal_places=8)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset({"id", "day", "user", "release_ids", "questions", "accepted", "cost_usd"})

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["day", "user"], name="a_person_s_day_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.questions}"


class StaleDay(models.Model):
    """A day whose totals are to be made anew, since something about its answers changed later."""

    day = models.DateField(primary_key=True)
    since = models.DateTimeField(default=timezone.now)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset({"day", "since"})

    class Meta:
        indexes: ClassVar = [Index(fields=["since"], name="stale_days_by_time")]

    def __str__(self) -> str:
        return str(self.day)


class RolledUp(models.Model):
    """How far the totals go (one row): days before `until` are complete, but for those that are stale."""

    until = models.DateField()
    at = models.DateTimeField(auto_now=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset({"id", "until", "at"})

    def __str__(self) -> str:
        return str(self.until)
