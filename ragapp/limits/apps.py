"""App configuration."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "ragapp.limits"
    label = "limits"
