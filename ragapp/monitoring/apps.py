"""App configuration."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "ragapp.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        from ragapp.monitoring import parts  # noqa: F401  declares them
