"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ragapp.accounts"
    label = "accounts"
