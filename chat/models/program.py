"""Questions that came from a program instead of a person at the page."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from chat.models.conversation import Turn
from ragapp.lib import retention


class AskedByProgram(models.Model):
    """What a program said when it asked `turn`, in the name of the person whose token it has."""

    class Door(models.TextChoices):
        """The way in."""

        OPENAI = "openai", "/v1/chat/completions"
        API = "api", "/api/"
        MCP = "mcp", "/mcp"

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, primary_key=True, related_name="by_program")
    token = models.ForeignKey("accounts.ApiToken", on_delete=models.SET_NULL, null=True, related_name="+")
    door = models.CharField(max_length=10, choices=Door)
    # [[question, answer], …] that the program says came before, oldest first. They are the program's words and no
    # answers of ours: nobody reviews them, and only this question is understood with them.
    before = models.JSONField(default=list)

    class Retention(retention.Policy):
        keep = frozenset({"turn", "token", "door"})
        purge: ClassVar = {"before": timedelta(days=730)}

    def __str__(self) -> str:
        return f"{self.get_door_display()}: {self.turn_id}"
