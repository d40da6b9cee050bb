"""A scripted language model that the settings point to."""

from collections.abc import Iterator
from typing import Any

import pytest

from ragapp.llm import gateway
from ragapp.tests.scripted_llm import ScriptedLLM


@pytest.fixture
def llm(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedLLM]:
    """The configured language model; waits between attempts are short."""
    monkeypatch.setattr(gateway, "FIRST_WAIT_S", 0.01)
    with ScriptedLLM() as server:
        settings.LLM_BASE_URL = server.base_url
        settings.LLM_API_KEY = "sk-test"
        settings.LLM_MODEL = "scripted"
        settings.LLM_TIMEOUT_S = 10.0
        yield server
