"""A scripted language model, as the settings or as admins know it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ragapp.llm import attempts, secrets
from ragapp.llm.models import Deployment, Kind
from ragapp.tests.scripted_llm import ScriptedLLM


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedLLM]:
    """Nobody knows it yet; waits between attempts are short."""
    monkeypatch.setattr(attempts, "FIRST_WAIT_S", 0.01)
    with ScriptedLLM() as running:
        yield running


@pytest.fixture
def llm(server: ScriptedLLM, settings: Any) -> ScriptedLLM:
    """The language model of the settings."""
    settings.LLM_BASE_URL = server.base_url
    settings.LLM_API_KEY = "sk-test"
    settings.LLM_MODEL = "scripted"
    settings.LLM_TIMEOUT_S = 10.0
    return server


@pytest.fixture
def deployment(db: None, server: ScriptedLLM, settings: Any, tmp_path: Path) -> Callable[..., Deployment]:
    """deployment("a", model="fail", key="sk"): entered by an admin, leading to the scripted server, which is allowed.

    The model's name is the script that it follows.
    """
    settings.FILES_DIR = tmp_path / "files"
    settings.OUTBOUND_ALLOW = [server.base_url.removeprefix("http://").removesuffix("/v1")]

    def make(name: str = "first", *, model: str = "answer", key: str = "", **fields: Any) -> Deployment:
        given = {"kind": Kind.COMPATIBLE, "base_url": server.base_url, "may_see_personal_data": True} | fields
        row = Deployment(name=name, model=model, **given)
        secrets.replace(row, key)
        row.save()
        return row

    return make
