"""ASGI entry point: answers stream from async views."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragapp.settings")

application = get_asgi_application()
