"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import asked, cache, events, golden, open_questions, sources  # noqa: F401  connect to signals of documents
        from chat.releases import pins  # noqa: F401  says which index versions are needed

        post_migrate.connect(_make_shipped_release, sender=self)


def _make_shipped_release(**kwargs: object) -> None:
    """An upgrade brings its release with it; it answers unless somebody chose another."""
    from chat import releases

    releases.ensure_shipped()
