"""Prompts in the database: versions are added, labels move, and both are written down."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chat import prompts
from chat.models import PromptLabel, PromptVersion
from ragapp.accounts.models import User
from ragapp.audit import log as audit

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LABEL = re.compile(r"[a-z0-9][a-z0-9_.-]{0,35}")
# Parts of addresses, and labels that the software says by itself.
RESERVED_NAMES = frozenset({"new", "versions"})
RESERVED_LABELS = frozenset({"production", "latest"})
# Any constant of our own; the lock numbers versions one after another.
_LOCK = 7_301_442


class VersionInvalid(Exception):
    """A version cannot be kept; `field` says which part of it is wrong, `sentences` why."""

    def __init__(self, field: str, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.field = field
        self.sentences = list(sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of two wordings beside each other."""

    kind: Literal["same", "added", "removed"]
    text: str


@transaction.atomic
def add(
    *, name: str, task: str, body: str, by: User | None, note: str = "", parent: PromptVersion | None = None
) -> PromptVersion:
    """The next version of `name`. Raises VersionInvalid; the wording that the latest one has is none."""
    body = body.replace("\r\n", "\n").strip() + "\n"
    if not NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise VersionInvalid("name", [_("A name has small letters, digits and hyphens, 40 at most.")])
    if found := prompts.problems(task, body):
        raise VersionInvalid("body", found)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    latest = PromptVersion.objects.filter(name=name).order_by("-number").first()
    if latest is not None and latest.task != task:
        raise VersionInvalid("name", [_("There is a prompt of this name for another task. Choose another name.")])
    if latest is not None and latest.body == body:
        raise VersionInvalid("body", [_("This is what %(version)s says already.") % {"version": latest}])
    made = PromptVersion.objects.create(
        name=name,
        number=latest.number + 1 if latest else 1,
        task=task,
        body=body,
        note=note.strip(),
        parent=parent or latest,
        created_by=by,
    )
    audit.record("prompt_version_added", by=by, target=made, task=task)
    return made


@transaction.atomic
def move_label(version: PromptVersion, label: str, *, by: User) -> None:
    """`label` stands at this version from now on, and at no other of its prompt. Raises VersionInvalid."""
    if label in RESERVED_LABELS:
        raise VersionInvalid("label", [_("This label follows by itself; choose another.")])
    if not LABEL.fullmatch(label):
        raise VersionInvalid("label", [_("A label has small letters, digits, dots, hyphens and _, 36 at most.")])
    before = PromptLabel.objects.filter(prompt=version.name, label=label).select_related("version").first()
    PromptLabel.objects.update_or_create(
        prompt=version.name, label=label, defaults={"version": version, "moved_by": by}
    )
    audit.record(
        "prompt_label_moved",
        by=by,
        target=version,
        label=label,
        number=version.number,
        number_before=before.version.number if before else None,
    )


@transaction.atomic
def remove_label(version: PromptVersion, label: str, *, by: User) -> None:
    """`label` stands at no version any more; nothing happens when it stands elsewhere."""
    removed, _rows = PromptLabel.objects.filter(version=version, label=label).delete()
    if removed:
        audit.record("prompt_label_moved", by=by, target=version, label=label, number=None)


def differences(before: str, after: str) -> list[Line]:
    """Every line of both, in order."""
    kinds: dict[str, Literal["same", "added", "removed"]] = {"  ": "same", "+ ": "added", "- ": "removed"}
    compared = difflib.ndiff(before.splitlines(), after.splitlines())
    return [Line(kind=kinds[line[:2]], text=line[2:]) for line in compared if line[:2] in kinds]
