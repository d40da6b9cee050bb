"""Prompts: shipped wordings, and filling their variables strictly.

A prompt's body is what the model is told as "system" and, after a line of three dashes, as "user". Variables are
written {{ name }}.
"""

import re
from collections.abc import Mapping
from pathlib import Path

NAMES = ("answer", "rewrite", "title")
_DEFAULTS = Path(__file__).parent / "defaults"
_VARIABLE = re.compile(r"\{\{ *([a-z_]+) *\}\}")
_DIVIDER = re.compile(r"^---\s*$", re.MULTILINE)


class PromptInvalid(Exception):
    """A prompt's variables and the values given for them differ, or it lacks one of its two parts."""


def shipped() -> dict[str, str]:
    """The bodies that come with this version, by name."""
    return {name: (_DEFAULTS / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}


def variables(body: str) -> frozenset[str]:
    """The names of the variables in a body."""
    return frozenset(_VARIABLE.findall(body))


def fill(body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The system and the user part. Raises PromptInvalid for a variable without a value or a value without one."""
    if differing := variables(body) ^ frozenset(values):
        raise PromptInvalid(f"Variables and values differ: {', '.join(sorted(differing))}")
    parts = _DIVIDER.split(body)
    if len(parts) != 2:
        raise PromptInvalid("A prompt has a system and a user part, divided by one line of three dashes.")
    system, user = (_VARIABLE.sub(lambda match: values[match[1]], part).strip() for part in parts)
    return system, user
