"""A release, made of prompt versions, a route, settings, guards and an index; and how two releases differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chat.guardrails import policy
from chat.models import PromptVersion, Release
from chat.prompts.versions import Line, differences
from chat.releases import settings
from ragapp.accounts.models import User
from ragapp.audit import log as audit

# What a release needs a wording for; a judge may be added.
NEEDED = ("answer", "rewrite", "title")


class NotComposed(Exception):
    """A release cannot be made so; `field` says which part is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that two releases say differently; `lines` only for wordings."""

    what: str
    before: str
    after: str
    lines: Sequence[Line] = ()


@transaction.atomic
def compose(
    *,
    name: str,
    prompts: Sequence[PromptVersion],
    route: Mapping[str, Any],
    retrieval: Mapping[str, Any],
    guards: Mapping[str, Any],
    index_version_id: int | None,
    by: User,
    note: str = "",
    cloned_from: Release | None = None,
) -> Release:
    """A draft: it answers nobody until the pointer moves to it. Raises NotComposed.

    Deployments and indexes are taken as they are named; whoever offers them looks whether they exist.
    """
    name = " ".join(name.split())
    if not name:
        raise NotComposed("name", _("Give the release a name."))
    if Release.objects.filter(name=name).exists():
        raise NotComposed("name", _("There is a release of this name. Choose another name."))
    tasks = [prompt.task for prompt in prompts]
    for task in NEEDED:
        if tasks.count(task) != 1:
            raise NotComposed(f"prompt_{task}", _("Choose one wording."))
    try:
        settings.read(retrieval)
        policy.read(guards)
    except settings.ReleaseInvalid as error:
        raise NotComposed("retrieval", str(error)) from error
    except policy.PolicyInvalid as error:
        raise NotComposed("guards", str(error)) from error
    made = Release.objects.create(
        name=name,
        route=dict(route),
        retrieval=dict(retrieval),
        guards=dict(guards),
        index_version_id=index_version_id,
        created_by=by,
        note=note.strip(),
        cloned_from=cloned_from,
    )
    made.prompts.set(prompts)
    audit.record("release_made", by=by, target=made, cloned_from=cloned_from.name if cloned_from else None)
    return made


def changes(before: Release, after: Release) -> list[Change]:
    """What `after` says otherwise than `before`, part by part."""
    found = [*_prompts(before, after)]
    for part, old, new in (
        (_("Route"), before.route, after.route),
        (_("Retrieval"), _read(before.retrieval), _read(after.retrieval)),
        (_("Guards"), _flat(before.guards), _flat(after.guards)),
    ):
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                found.append(Change(what=f"{part}: {key}", before=_said(old.get(key)), after=_said(new.get(key))))
    if before.index_version_id != after.index_version_id:
        live = _("the live one")
        found.append(
            Change(
                what=_("Index"),
                before=before.index_version.name if before.index_version else live,
                after=after.index_version.name if after.index_version else live,
            )
        )
    return found


def _prompts(before: Release, after: Release) -> list[Change]:
    old = {prompt.task: prompt for prompt in before.prompts.all()}
    new = {prompt.task: prompt for prompt in after.prompts.all()}
    found = []
    for task in PromptVersion.Task:
        one, other = old.get(task.value), new.get(task.value)
        if one != other:
            lines = differences(one.body, other.body) if one and other else ()
            what = _("Prompt: %(task)s") % {"task": task.label}
            found.append(Change(what=what, before=str(one or "–"), after=str(other or "–"), lines=lines))
    return found


def _read(retrieval: Mapping[str, Any]) -> dict[str, Any]:
    """With the defaults of what an older release does not name."""
    return settings.usual() | dict(retrieval)


def _flat(guards: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {"languages": guards.get("languages", [])}
    for side in ("question", "answer"):
        read |= {f"{side}, {guard}": action for guard, action in guards.get(side, {}).items()}
    return read


def _said(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
