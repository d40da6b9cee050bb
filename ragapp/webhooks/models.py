"""Addresses that hear of events, and each message to one of them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention


class Event(models.TextChoices):
    """What can be heard of."""

    ANSWER_FINISHED = "answer.finished", _("An answer is finished")
    FEEDBACK_GIVEN = "feedback.given", _("Somebody said what they think of an answer")
    DOCUMENT_READY = "document.ready", _("A document can be asked")
    DOCUMENT_FAILED = "document.failed", _("A document could not be read")
    DOCUMENT_REMOVED = "document.removed", _("A document was removed")
    ALERT_RAISED = "alert.raised", _("Something left its usual range")


# Sent by hand, to see whether messages arrive.
TEST = "webhook.test"


class Endpoint(models.Model):
    """An address that hears of `events` while it is enabled."""

    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=40, choices=Event), verbose_name=_("events"))
    is_enabled = models.BooleanField(_("enabled"), default=True)
    # Where its secret lies in the vault.
    secret_key = models.CharField(max_length=80, blank=True)
    # Tries in a row that did not arrive; the address is switched off at FAILURES_MAX of `sending`.
    failures = models.PositiveIntegerField(default=0)
    # Why it was switched off by itself; "" when a person did, or it is on.
    disabled_because = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "name", "url", "events", "is_enabled", "secret_key", "failures", "disabled_because",
                "created_by", "created_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["name"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one address; the row is the truth about the work, and goes 30 days after its end."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    # Goes with every try, so that who receives it twice can tell.
    message_id = models.UUIDField(default=uuid.uuid4, editable=False)
    event = models.CharField(_("event"), max_length=40)
    # Ids, states and numbers.
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(_("happened"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    due_at = models.DateTimeField(_("next try"))
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=40, blank=True)
    status_code = models.PositiveSmallIntegerField(_("status"), null=True)
    # What went wrong the last time, in a sentence of ours: nothing of the reply is kept.
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "endpoint", "message_id", "event", "data", "happened_at", "state", "attempts", "due_at",
                "lease_until", "worker", "status_code", "reason", "finished_at",
            }
        )  # fmt: skip

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages of webhooks")
        indexes: ClassVar = [
            Index(fields=["due_at"], name="messages_that_wait", condition=Q(state__in=["waiting", "running"])),
            Index(fields=["finished_at"], name="messages_that_ended", condition=Q(finished_at__isnull=False)),
        ]
        constraints: ClassVar = [
            CheckConstraint(
                condition=Q(finished_at__isnull=True, state__in=["waiting", "running"])
                | Q(finished_at__isnull=False, state__in=["delivered", "failed"]),
                name="a_message_has_ended_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint_id}"
