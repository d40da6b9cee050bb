"""App configuration."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "ragapp.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from ragapp.webhooks import secrets  # noqa: F401  removes the secrets of addresses with them
