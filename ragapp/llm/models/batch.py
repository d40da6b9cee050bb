"""Offline work that goes through a provider's batches: each request, and each batch that holds some of them."""

from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import UniqueConstraint

from ragapp.lib import retention
from ragapp.llm.models.route import Task

KEPT_FOR = timedelta(days=30)


class Batch(models.Model):
    """Requests that were handed to a deployment together. Whoever holds the lease of the work looks after it."""

    # Goes along as metadata: a batch whose id was not stored any more is found again by it.
    key = models.UUIDField(default=uuid4, unique=True)
    work = models.CharField(max_length=60, db_index=True)
    deployment_id = models.BigIntegerField(null=True)
    # The provider's; "" until it has taken it.
    provider_id = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "key", "work", "deployment_id", "provider_id", "tries", "created_at", "ended_at"})

    def __str__(self) -> str:
        return f"{self.work} {self.provider_id}"


class BatchedRequest(models.Model):
    """A request of offline work, and what came of it. Removed with its work, at the latest after `KEPT_FOR`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        ANSWERED = "answered"
        # No batch answers it: it is asked by itself.
        SINGLE = "single"

    work = models.CharField(max_length=60)
    # Which of the repetitions asks: they are to be answered anew.
    nth = models.PositiveSmallIntegerField(default=0)
    # Of the request before personal data was masked.
    digest = models.CharField(max_length=64)
    task = models.CharField(max_length=10, choices=Task)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    batch = models.ForeignKey(Batch, on_delete=models.SET_NULL, null=True, related_name="requests")
    deployment_id = models.BigIntegerField(null=True)
    # What is sent, with placeholders where the model may not see personal data; {} once it was answered.
    body = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=10, null=True)
    price = models.JSONField(default=dict)
    # The limits in money that what it may cost is promised from.
    spending_ids = ArrayField(models.BigIntegerField(), default=list)
    asker_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "work", "nth", "digest", "task", "state", "batch", "deployment_id", "model", "finish_reason",
                "tokens_in", "tokens_out", "cost_usd", "price", "spending_ids", "created_at",
            }
        )  # fmt: skip
        purge: ClassVar = {"body": KEPT_FOR, "text": KEPT_FOR}
        erase: ClassVar = {"asker_id": None}

    class Meta:
        constraints: ClassVar = [UniqueConstraint(fields=["work", "nth", "digest"], name="a_request_is_made_once")]

    def __str__(self) -> str:
        return f"{self.work} {self.task} {self.state}"
