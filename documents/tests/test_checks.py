"""Production does not start where the parsers of files cannot be cut off."""

from typing import Any

import pytest

from documents.checks import parsers_are_cut_off
from documents.ingestion import sandbox
from documents.ingestion.parsers.cage import Isolation


@pytest.mark.parametrize(
    ("isolation", "expected"),
    [
        (Isolation(network="", files=True, signals=True), ["documents.E001"]),
        (Isolation(network="filter", files=False, signals=False), ["documents.W001"]),
        (Isolation(network="filter", files=True, signals=False), ["documents.W002"]),
        (Isolation(network="namespace", files=True, signals=True), []),
    ],
)
def test_production_names_what_parsers_can_still_reach(
    isolation: Isolation, expected: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "isolation", lambda: isolation)
    settings.PRODUCTION = True
    assert [message.id for message in parsers_are_cut_off(None)] == expected
    settings.PRODUCTION = False
    assert parsers_are_cut_off(None) == []


def test_here_the_parsers_are_cut_off_the_network(settings: Any) -> None:
    settings.PRODUCTION = True
    assert "documents.E001" not in [message.id for message in parsers_are_cut_off(None)]
