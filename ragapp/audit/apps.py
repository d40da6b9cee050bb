"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ragapp.audit"
    label = "audit"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from ragapp.audit.protection import revoke_changes

        post_migrate.connect(revoke_changes, sender=self)
