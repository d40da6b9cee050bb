"""The rows of the model layer."""

from ragapp.llm.models.call import Call
from ragapp.llm.models.deployment import Deployment, Kind, Tier
from ragapp.llm.models.route import RouteStep, Task

__all__ = ["Call", "Deployment", "Kind", "RouteStep", "Task", "Tier"]
