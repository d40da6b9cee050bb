"""The rows of the model layer."""

from ragapp.llm.models.batch import Batch, BatchedRequest
from ragapp.llm.models.call import Call
from ragapp.llm.models.deployment import Deployment, Kind, Tier
from ragapp.llm.models.route import RouteStep, Task

__all__ = ["Batch", "BatchedRequest", "Call", "Deployment", "Kind", "RouteStep", "Task", "Tier"]
