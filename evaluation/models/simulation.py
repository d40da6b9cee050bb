"""Traffic that nobody caused: seeded to try the dashboards, said to be so wherever it shows, and removable."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, QuerySet

from ragapp.lib import retention


class Simulation(models.Model):
    """One run of `manage.py seed_traffic`: what it made, so that it can be told apart and removed."""

    answers = models.PositiveIntegerField()
    release_ids = ArrayField(models.BigIntegerField())
    group_ids = ArrayField(models.BigIntegerField())
    user_ids = ArrayField(models.BigIntegerField())
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep: ClassVar = frozenset({"id", "answers", "release_ids", "group_ids", "user_ids", "created_at"})

    def __str__(self) -> str:
        return f"{self.answers} simulated answers"

    @classmethod
    def people(cls) -> "QuerySet[Simulation, int]":
        """The ids of everybody who is simulated, for use in other queries."""
        return cls.objects.values_list(Func(F("user_ids"), function="unnest"), flat=True)

    @classmethod
    def groups(cls) -> "QuerySet[Simulation, int]":
        """The ids of the groups that hold nobody else, for use in other queries."""
        return cls.objects.values_list(Func(F("group_ids"), function="unnest"), flat=True)

    @classmethod
    def releases(cls) -> "QuerySet[Simulation, int]":
        """The ids of the releases whose answers nobody asked for, for use in other queries."""
        return cls.objects.values_list(Func(F("release_ids"), function="unnest"), flat=True)
