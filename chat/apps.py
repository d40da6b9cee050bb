"""App configuration."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import sources  # noqa: F401  connects to documents' removal signal
