#!/usr/bin/env python
"""Django's entry point for commands."""

import os
import sys
from secrets import token_urlsafe


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragapp.settings")
    if sys.argv[1:2] == ["benchmark"]:
        # It measures on a site of its own, so that nothing of this one need be set.
        os.environ.setdefault("RAGAPP_SECRET_KEY", token_urlsafe(50))
        os.environ.setdefault("DATABASE_URL", "postgresql:///none")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
