"""Configuration of the project itself and of its admin."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PlatformConfig(AppConfig):
    name = "ragapp"
    label = "ragapp"

    def ready(self) -> None:
        from ragapp import checks, parts  # noqa: F401  both register what they declare


class RagappAdminConfig(AdminConfig):
    default_site = "ragapp.admin_site.AdminSite"
