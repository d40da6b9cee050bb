"""App configuration."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        from documents import pages  # noqa: F401  removes page pictures with their documents
