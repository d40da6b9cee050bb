"""Audit events: append-only, without foreign keys, written in the transaction of what they record."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import UniqueConstraint

from ragapp.lib import retention


class AuditEvent(models.Model):
    """`actor` did `event` to `target`. `details` holds ids and numbers, never document or message text."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    event = models.CharField(max_length=60, db_index=True)
    actor_id = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=45, blank=True)
    target_kind = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=60, blank=True)
    target = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)

    class Retention(retention.Policy):
        keep = frozenset({"id", "at", "event", "actor_id", "target_kind", "target_id", "target", "details", "actor"})
        purge: ClassVar = {"address": timedelta(days=3650)}

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.event} {self.target}"


class AuditSeal(models.Model):
    """Link `id` of the hash chain: seals one event together with the link before it (RFC 6962 in spirit)."""

    event_id = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "event_id", "previous_hash", "hash", "sealed_at"})

    class Meta:
        ordering = ["id"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["previous_hash"], name="a_link_is_continued_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.hash[:12]}"
