"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ragapp.accounts"
    label = "accounts"

    def ready(self) -> None:
        from ragapp.accounts import signals  # noqa: F401  connects the receivers
