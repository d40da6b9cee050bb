"""manage.py doctor: looks at every part and says what to do."""

import json
import urllib.request
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from ragapp.llm import gateway
from ragapp.monitoring import health

OLLAMA = "http://127.0.0.1:11434"
OLLAMA_PATIENCE_S = 0.3
# Nobody waits for a page here, and the machine may be busy.
PATIENCE_S = 30.0
SIGNS = {"ok": "ok", "warning": "look", "broken": "BROKEN", "unknown": "?"}


class Command(BaseCommand):
    help = "Check settings, database, broker, workers, models and disk. Exit status 1 when something is broken."
    # A wrong setting is what this command is to explain.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        errors = [message for message in run_checks() if message.level >= ERROR]
        for error in errors:
            self._line("broken", "settings", str(error.msg), error.hint or "")
        if not errors:
            self._line("ok", "settings", "They fit together.")
        gateway.prepare()
        report = health.examine(deadline_s=PATIENCE_S)
        for part in report.parts:
            self._line(part.state, part.name, part.message, part.hint)
        self._suggest_language_model()
        self._ask_about_the_volume()
        if errors or not report.is_ready:
            raise SystemExit(1)

    def _line(self, state: str, name: str, message: str, hint: str = "") -> None:
        self.stdout.write(f"{SIGNS[state]:<7} {name:<17} {message}")
        if hint:
            self.stdout.write(f"{'':<25} {hint}")

    def _suggest_language_model(self) -> None:
        if settings.LLM_MODEL or _has_deployments():
            return
        try:
            with urllib.request.urlopen(f"{OLLAMA}/api/tags", timeout=OLLAMA_PATIENCE_S) as response:  # noqa: S310
                models = [model["name"] for model in json.load(response)["models"]]
        except (OSError, ValueError, KeyError, TypeError):
            return
        if not models:
            self.stdout.write(f"\nOllama runs at {OLLAMA} without a model. Get one: ollama pull llama3.2")
            return
        self.stdout.write(
            f"\nOllama runs at {OLLAMA}. To have it write the answers, start ragapp with\n"
            f"  OPENAI_BASE_URL={OLLAMA}/v1 RAGAPP_LLM_MODEL={models[0]}"
        )

    def _ask_about_the_volume(self) -> None:
        self.stdout.write(
            "\nOriginals and page images are encrypted by ragapp. The text of messages and passages is searchable\n"
            "and therefore readable in the database: is the volume that holds PostgreSQL's data encrypted?"
        )


def _has_deployments() -> bool:
    try:
        return gateway.is_configured()
    except DatabaseError:
        return False
