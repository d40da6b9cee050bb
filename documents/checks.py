"""System checks: in production, files from strangers are only read in a process that is cut off everything else."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from documents.ingestion import sandbox


@register(Tags.security)
def parsers_are_cut_off(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """An error without network isolation, a warning without that of files; development may do without either."""
    if not settings.PRODUCTION:
        return []
    isolation = sandbox.isolation()
    if not isolation.network:
        return [
            Error(
                "Files cannot be read without giving their parsers the network.",
                hint="Allow unprivileged user namespaces or seccomp filters, "
                "such as with ragapp/deploy/seccomp.json for Docker.",
                id="documents.E001",
            )
        ]
    if not isolation.files:
        return [
            Warning(
                "The parsers can read every file that ragapp can read, its keys included.",
                hint="Use Linux 5.13 or later with Landlock (lsm=landlock,...), and allow its system calls.",
                id="documents.W001",
            )
        ]
    if not isolation.signals:
        return [
            Warning(
                "The parsers can send signals to the other processes of their user.",
                hint="Use Linux 6.12 or later, or run the worker of the queue ingest in a container of its own.",
                id="documents.W002",
            )
        ]
    return []
