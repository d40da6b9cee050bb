"""What was asked of language models: one row a call, without any text. The database refuses changes."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention
from ragapp.llm.models.route import Task


class Call(models.Model):
    """One deployment was asked once. Ids are no foreign keys: the row stays as it was when others go."""

    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)
    task = models.CharField(_("task"), max_length=10, choices=Task)
    # NULL: the deployment of the settings.
    deployment_id = models.BigIntegerField(null=True)
    deployment = models.CharField(_("language model"), max_length=60)
    # As the provider reported it.
    model = models.CharField(_("model"), max_length=200)
    tokens_in = models.PositiveIntegerField(_("tokens in"), default=0)
    tokens_out = models.PositiveIntegerField(_("tokens out"), default=0)
    tokens_cached = models.PositiveIntegerField(_("of them cached"), default=0)
    is_estimated = models.BooleanField(_("tokens estimated"), default=False)
    # NULL: the price is not known. Never zero for unknown.
    cost_usd = models.DecimalField(_("cost, US$"), max_digits=16, decimal_places=10, null=True)
    price = models.JSONField(default=dict)
    first_token_ms = models.PositiveIntegerField(_("first word, ms"), null=True)
    ms = models.PositiveIntegerField(_("ms"))
    # "answered", "abandoned", or the class of the error.
    outcome = models.CharField(_("outcome"), max_length=40)
    # 0: the first choice; counts the deployments that were asked before in the same request.
    fallback_step = models.PositiveSmallIntegerField(_("fallback step"), default=0)
    # "simple" or "budget": why a small model was asked instead of the first choice, and what that saved.
    routed_by = models.CharField(_("small model because of"), max_length=10, blank=True)
    saved_usd = models.DecimalField(_("saved, US$"), max_digits=16, decimal_places=10, null=True)
    asker_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)
    answer_id = models.UUIDField(null=True)

    class Retention(retention.Policy):
        keep = frozenset(
            {
                "id", "at", "task", "deployment_id", "deployment", "model", "tokens_in", "tokens_out",
                "tokens_cached", "is_estimated", "cost_usd", "price", "first_token_ms", "ms", "outcome",
                "fallback_step", "routed_by", "saved_usd",
            }
        )  # fmt: skip
        purge: ClassVar = {"answer_id": timedelta(days=730), "token_id": timedelta(days=730)}
        erase: ClassVar = {"asker_id": None}

    class Meta:
        ordering = ["-id"]
        verbose_name = _("model call")
        indexes: ClassVar = [models.Index(fields=["asker_id", "at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.task} {self.deployment} {self.outcome}"
