"""The rows of the model layer."""

from ragapp.llm.models.deployment import Deployment, Kind, Tier

__all__ = ["Deployment", "Kind", "Tier"]
