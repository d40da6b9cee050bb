"""The project: settings and wiring, and the platform that documents, chat and evaluation stand on."""

from ragapp.celery import app as celery_app

__all__ = ["celery_app"]
