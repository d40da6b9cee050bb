"""App configuration."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        from documents import announcing, checks, hidden, pages  # noqa: F401  registers; removes files with their documents
        from documents.sources import secrets  # noqa: F401  removes the secrets of sources with them
