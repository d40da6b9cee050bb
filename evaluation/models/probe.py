"""The daily test questions of a language model: what it replied, and whether it still is the one it was."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from documents.leases import Leased
from ragapp.lib import retention


class ProbeQuestion(models.Model):
    """A test question of the company's own, beside the shipped ones."""

    text = models.TextField(
        _("question"),
        unique=True,
        validators=[MaxLengthValidator(4000)],
        help_text=_("It goes to every model that is tested, every day, with nothing beside it. No secrets."),
    )
    is_active = models.BooleanField(_("asked"), default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Retention(retention.Policy):
        keep = frozenset({"id", "text", "is_active", "created_by", "created_at"})

    class Meta:
        ordering = ["pk"]
        verbose_name = _("test question for models")
        verbose_name_plural = _("test questions for models")

    def __str__(self) -> str:
        return self.text[:60]


class ModelProbe(Leased):
    """One deployment, asked all questions on one day."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    day = models.DateField()
    # NULL: the deployment of the settings. No foreign key: the row stays when the deployment goes.
    deployment_id = models.BigIntegerField(null=True)
    deployment = models.CharField(max_length=60)
    # Of address and model as they are configured: another one begins a history of its own.
    stamp = models.CharField(max_length=16)
    configured_model = models.CharField(max_length=200)
    # As the provider reported them; several, where several answer in turn.
    models_seen = models.JSONField(default=list)
    fingerprints = models.JSONField(default=list)
    # {key of the question: {"text", "ms"} or {"error"}}
    replies = models.JSONField(default=dict)
    # {signal: what evaluation.probing.deciding found}
    findings = models.JSONField(default=dict)
    # The days that it was compared with.
    compared_with = models.PositiveSmallIntegerField(default=0)
    is_changed = models.BooleanField(default=False)
    # Somebody said that this is the model from now on: later days are compared from this one on.
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    failure = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "day", "deployment_id", "deployment", "stamp", "configured_model", "models_seen", "fingerprints",
                "findings", "compared_with", "is_changed", "accepted_at", "accepted_by", "state", "attempts",
                "lease_until", "heartbeat_at", "worker", "failure", "created_at", "finished_at",
            }
        )  # fmt: skip
        purge: ClassVar[dict[str, Any]] = {"replies": timedelta(days=730)}

    class Meta:
        ordering = ["-day", "deployment"]
        constraints: ClassVar = [
            UniqueConstraint(fields=["deployment", "stamp", "day"], name="a_model_is_probed_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.deployment} {self.day}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
