"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LlmConfig(AppConfig):
    name = "ragapp.llm"
    label = "llm"
    verbose_name = _("Language models")

    def ready(self) -> None:
        from ragapp.llm import secrets  # noqa: F401  removes the keys of deployments with them
