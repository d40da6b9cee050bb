"""Which deployment answers which task, in which order."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from ragapp.lib import retention
from ragapp.llm.models.deployment import Deployment


class Task(models.TextChoices):
    """What a model is asked to do."""

    ANSWER = "answer", _("Write answers")
    REWRITE = "rewrite", _("Rewrite follow-up questions")
    TITLE = "title", _("Name conversations")
    JUDGE = "judge", _("Judge answers")
    PROBE = "probe", _("Answer the daily test questions")


# Each deployment is asked the test questions by itself: there is no route for them.
_ROUTED = [choice for choice in Task.choices if choice[0] != Task.PROBE]


class RouteStep(models.Model):
    """`deployment` does `task` at `step`: those of one step share the work by weight, later steps stand in."""

    task = models.CharField(_("task"), max_length=10, choices=_ROUTED)
    step = models.PositiveSmallIntegerField(
        _("step"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("1 is asked first; the next step stands in when all of a step fail."),
    )
    deployment = models.ForeignKey(
        Deployment, verbose_name=_("language model"), on_delete=models.CASCADE, related_name="route_steps"
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("2 gets twice as many calls as 1 of the same step."),
    )

    class Retention(retention.Policy):
        keep = frozenset({"id", "task", "step", "deployment", "weight"})

    class Meta:
        ordering = ["task", "step", "-weight"]
        verbose_name = _("route")
        constraints: ClassVar = [
            UniqueConstraint(fields=["task", "deployment"], name="a_deployment_has_one_place_in_a_route")
        ]

    def __str__(self) -> str:
        return f"{self.get_task_display()}: {self.step}. {self.deployment}"
