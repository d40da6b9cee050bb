"""Prompts: shipped wordings, and filling their variables strictly.

A prompt's body is what the model is told as "system" and, after a line of three dashes, as "user". Variables are
written {{ name }}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NAMES = ("answer", "rewrite", "title")
_DEFAULTS = Path(__file__).parent / "defaults"
_VARIABLE = re.compile(r"\{\{ *([a-z_]+) *\}\}")
# What each task fills in: a prompt uses all of it and nothing else.
VARIABLES: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"sources", "history", "today", "language", "question"}),
    "rewrite": frozenset({"history", "question"}),
    "title": frozenset({"question"}),
    "judge": frozenset({"sources", "question", "answer"}),
}
BODY_CHARS = 20_000
_BRACES = re.compile(r"\{\{|\}\}")
_DIVIDER = re.compile(r"^---\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A wording that comes with the software, for a use; made one's own as the first version of a prompt."""

    name: str
    task: str
    title: str | Promise
    text: str | Promise

    @property
    def body(self) -> str:
        """The wording."""
        return (_DEFAULTS / f"{self.name}.md").read_text(encoding="utf-8")


LIBRARY = (
    Template(
        name="answer",
        task="answer",
        title=gettext_lazy("Answer"),
        text=gettext_lazy(
            "Two to five sentences, each with its source. What answers questions unless you choose another."
        ),
    ),
    Template(
        name="strict",
        task="answer",
        title=gettext_lazy("Strict policy answer"),
        text=gettext_lazy("In the words of the rule, with every condition and date, and without advice."),
    ),
    Template(
        name="comparison",
        task="answer",
        title=gettext_lazy("Comparison"),
        text=gettext_lazy("Things side by side in a table; what a source does not state stays open."),
    ),
    Template(
        name="steps",
        task="answer",
        title=gettext_lazy("Step by step"),
        text=gettext_lazy("How something is done: what is needed, the steps in order, what happens afterwards."),
    ),
    Template(
        name="table",
        task="answer",
        title=gettext_lazy("Table"),
        text=gettext_lazy("One table, one row for each thing."),
    ),
    Template(
        name="summary",
        task="answer",
        title=gettext_lazy("Summary"),
        text=gettext_lazy("One sentence for those in a hurry, then the points in the order of their weight."),
    ),
    Template(
        name="rewrite",
        task="rewrite",
        title=gettext_lazy("Understand a follow-up"),
        text=gettext_lazy("Turns the last question of a conversation into one that stands on its own."),
    ),
    Template(
        name="title", task="title", title=gettext_lazy("Title"), text=gettext_lazy("Names a conversation in six words.")
    ),
    Template(
        name="judge",
        task="judge",
        title=gettext_lazy("Judge"),
        text=gettext_lazy("Says how well the sources support an answer, and whether it is complete and to the point."),
    ),
)


class PromptInvalid(Exception):
    """A prompt's variables and the values given for them differ, or it lacks one of its two parts."""


def shipped() -> dict[str, str]:
    """The bodies that come with this version, by name."""
    return {name: (_DEFAULTS / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}


def variables(body: str) -> frozenset[str]:
    """The names of the variables in a body."""
    return frozenset(_VARIABLE.findall(body))


def template(name: str) -> Template | None:
    """The template of this name."""
    return next((each for each in LIBRARY if each.name == name), None)


def problems(task: str, body: str) -> list[str]:
    """Why `body` cannot be used for `task`, a sentence each; none: it can."""
    found = []
    parts = _DIVIDER.split(body)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        found.append(_("Write what the model is told, a line of three dashes, and what it is asked."))
    used, known = variables(body), VARIABLES[task]
    if unknown := sorted(used - known):
        found.append(_("Nothing fills in %(names)s here.") % {"names": _in_braces(unknown)})
    if missing := sorted(known - used):
        found.append(_("%(names)s is missing.") % {"names": _in_braces(missing)})
    if _BRACES.search(_VARIABLE.sub("", body)):
        found.append(_("Two braces stand where no variable is. Write a variable as {{ question }}."))
    if len(body) > BODY_CHARS:
        found.append(_("It is longer than %(n)d characters.") % {"n": BODY_CHARS})
    return found


def _in_braces(names: list[str]) -> str:
    return ", ".join("{{ " + name + " }}" for name in names)


def fill(body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """The system and the user part. Raises PromptInvalid for a variable without a value or a value without one."""
    if differing := variables(body) ^ frozenset(values):
        raise PromptInvalid(f"Variables and values differ: {', '.join(sorted(differing))}")
    parts = _DIVIDER.split(body)
    if len(parts) != 2:
        raise PromptInvalid("A prompt has a system and a user part, divided by one line of three dashes.")
    system, user = (_VARIABLE.sub(lambda match: values[match[1]], part).strip() for part in parts)
    return system, user
