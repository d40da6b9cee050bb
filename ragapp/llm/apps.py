"""App configuration."""

from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "ragapp.llm"
    label = "llm"

    def ready(self) -> None:
        from ragapp.llm import secrets  # noqa: F401  removes the keys of deployments with them
