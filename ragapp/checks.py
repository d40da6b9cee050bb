"""System checks: settings that contradict each other or would fail later are named at start, with what to do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from ragapp.lib import outbound


@register(Tags.security)
def settings_fit_together(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """All of the checks below."""
    return [
        *_encryption(),
        *_language_model(),
        *_files(),
        *_outbound(),
        *(_production() if settings.PRODUCTION else ()),
    ]


def _encryption() -> Iterator[CheckMessage]:
    for position, key in enumerate(settings.ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"RAGAPP_ENCRYPTION_KEYS: key {position} is no Fernet key.",
                hint="Make one: python -c 'from cryptography.fernet import Fernet; "
                "print(Fernet.generate_key().decode())'.",
                id="ragapp.E001",
            )
    if not settings.ENCRYPTION_KEYS:
        yield Error(
            "RAGAPP_ENCRYPTION_KEYS is not set, so no document can be stored.",
            hint="Make a key: python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())', or start with bin/up, which makes its own.",
            id="ragapp.E002",
        )


def _language_model() -> Iterator[CheckMessage]:
    if settings.LLM_BASE_URL and not settings.LLM_MODEL:
        yield Error(
            "OPENAI_BASE_URL is set and RAGAPP_LLM_MODEL is not.",
            hint="Name the model that this endpoint is to answer with, or unset OPENAI_BASE_URL.",
            id="ragapp.E003",
        )
    if settings.LLM_MODEL and not (settings.LLM_BASE_URL or settings.LLM_API_KEY):
        yield Error(
            "RAGAPP_LLM_MODEL is set, with neither OPENAI_BASE_URL nor OPENAI_API_KEY.",
            hint="Give the endpoint, or the key for OpenAI itself.",
            id="ragapp.E004",
        )
    if settings.LLM_BASE_URL and not settings.LLM_BASE_URL.startswith(("http://", "https://")):
        yield Error(
            f"OPENAI_BASE_URL is {settings.LLM_BASE_URL!r}.",
            hint="It starts with https:// (or http:// inside your own network) and mostly ends with /v1.",
            id="ragapp.E005",
        )
    if settings.LLM_MAX_OUTPUT_TOKENS >= settings.LLM_CONTEXT_TOKENS:
        yield Error(
            "RAGAPP_LLM_MAX_OUTPUT_TOKENS leaves no room for the sources in RAGAPP_LLM_CONTEXT_TOKENS.",
            hint="Make the context at least twice as large as the output.",
            id="ragapp.E006",
        )


def _files() -> Iterator[CheckMessage]:
    folder: Path = settings.FILES_DIR
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        yield Error(
            f"{folder} cannot be written: this user may not write to {existing}.",
            hint="Give the folder to the user that runs ragapp, or set RAGAPP_DATA_DIR to another one.",
            id="ragapp.E007",
        )


def _outbound() -> Iterator[CheckMessage]:
    try:
        outbound.rules()
    except ValueError as error:
        yield Error(
            f"RAGAPP_OUTBOUND_ALLOW or RAGAPP_OUTBOUND_PORTS cannot be read: {error}",
            hint="List host names, networks such as 10.1.0.0/16, or either with :port; and ports as numbers.",
            id="ragapp.E011",
        )
    for folder in settings.SYNC_FOLDERS:
        if not Path(folder).is_absolute() or not Path(folder).is_dir():
            yield Warning(
                f"RAGAPP_SYNC_FOLDERS names {folder}, which is no folder here.",
                hint="Give whole paths of folders that this user may read, separated by commas.",
                id="ragapp.W002",
            )


def _production() -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS:
        yield Error(
            "RAGAPP_ALLOWED_HOSTS is not set.",
            hint="Give the host names, comma separated, under which people reach the site.",
            id="ragapp.E008",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning("RAGAPP_ALLOWED_HOSTS allows every host name.", hint="Name the real ones.", id="ragapp.W001")
    if not settings.BASE_URL.startswith("https://"):
        yield Error(
            f"RAGAPP_BASE_URL is {settings.BASE_URL!r}, and production needs https.",
            hint="Set it to the address that people type, such as https://ask.example.com.",
            id="ragapp.E009",
        )
    if settings.EMBEDDED:
        yield Error(
            "RAGAPP_EMBEDDED is set in production.",
            hint="Give DATABASE_URL and REDIS_URL of servers of your own and unset it.",
            id="ragapp.E010",
        )
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield Info(
            "EMAIL_URL is not set, so nobody can reset a password by mail.",
            hint="Give smtp+tls://user:password@host:587.",
            id="ragapp.I001",
        )
    if not settings.METRICS_TOKEN:
        yield Info(
            "RAGAPP_METRICS_TOKEN is not set, so /metrics refuses everybody and /readyz gives no details.",
            hint="Set it to a long random text and give it to your monitoring.",
            id="ragapp.I002",
        )
