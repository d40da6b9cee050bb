"""App configuration."""

from django.apps import AppConfig


class LlmConfig(AppConfig):
    name = "ragapp.llm"
    label = "llm"
