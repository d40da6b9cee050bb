"""From a task to the deployments that may do it, in order: as the release says, else the site's routes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ragapp.llm import deployments
from ragapp.llm.models import RouteStep
from ragapp.llm.types import Target, Task, Tier

TIERS: tuple[Tier, ...] = ("small", "standard", "large")
# Without a route: titles and rewriting take no large model.
_USUAL: Mapping[Task, tuple[Tier, ...]] = {
    "answer": ("standard", "large", "small"),
    "judge": ("standard", "large", "small"),
    "rewrite": ("small", "standard", "large"),
    "title": ("small", "standard", "large"),
    "probe": (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A deployment and its share of the calls of its step."""

    target: Target
    weight: int = 1


Step = tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps in order; none: no model does this task."""

    steps: tuple[Step, ...]

    @property
    def targets(self) -> list[Target]:
        """All of them."""
        return [choice.target for step in self.steps for choice in step]

    @property
    def context_tokens(self) -> int:
        """What the models of the first step take."""
        return min(choice.target.context_tokens for choice in self.steps[0])

    @property
    def max_output_tokens(self) -> int:
        """What the models of the first step may write."""
        return min(choice.target.max_output_tokens for choice in self.steps[0])

    @property
    def timeout_s(self) -> float:
        """What the most patient of the first step allows for the whole answer."""
        return max(choice.target.timeout_s for choice in self.steps[0])


def plan(task: Task, route: Mapping[str, Any] | None = None) -> Plan:
    """Who may do `task`, under a release's `route`. Reads the database.

    A release may name deployments that are gone or switched off: they are left out, and where none is left the site's
    route applies. After the last step come deployments of smaller tiers that the route does not name. What is probed is
    one deployment: nobody stands in for it.
    """
    known = deployments.usable()
    wanted = (route or {}).get(task) or {}
    if wanted.get("extractive"):
        return Plan(steps=())
    if task == "probe":
        return Plan(steps=_of_release(wanted, known))
    free = [target for target in known if not target.only_named]
    steps = _of_release(wanted, known) or _of_site(task, known) or _by_tier(free, _USUAL[task])
    return Plan(steps=(*steps, *_smaller(steps, free)))


def small_first(original: Plan) -> Plan:
    """The same deployments, those of the small tier before all others."""
    small = tuple(choice for step in original.steps for choice in step if choice.target.tier == "small")
    rest = (tuple(choice for choice in step if choice.target.tier != "small") for step in original.steps)
    return Plan(steps=tuple(step for step in (small, *rest) if step))


def _of_release(wanted: Mapping[str, Any], known: Sequence[Target]) -> tuple[Step, ...]:
    """{"deployments": [["a", "b"], "c"]}: a and b share the work, c stands in; {"a": 3, "b": 1} gives weights.

    {"model": "..."}, as older releases have it, means the deployments of that model.
    """
    if name := wanted.get("model"):
        listed: Iterable[Any] = [[target.name for target in known if target.model == name]]
    else:
        listed = wanted.get("deployments") or ()
    by_name = {target.name: target for target in known}
    steps = []
    for entry in listed:
        weights = entry if isinstance(entry, dict) else dict.fromkeys([entry] if isinstance(entry, str) else entry, 1)
        step = tuple(
            Choice(target=by_name[name], weight=max(1, int(weight)))
            for name, weight in weights.items()
            if name in by_name
        )
        if step:
            steps.append(step)
    return tuple(steps)


def _of_site(task: Task, known: Sequence[Target]) -> tuple[Step, ...]:
    by_id = {target.deployment_id: target for target in known if target.deployment_id is not None}
    if not by_id:
        return ()
    steps: dict[int, list[Choice]] = {}
    for row in RouteStep.objects.filter(task=task, deployment_id__in=list(by_id)).order_by("step", "pk"):
        steps.setdefault(row.step, []).append(Choice(target=by_id[row.deployment_id], weight=row.weight))
    return tuple(map(tuple, steps.values()))


def _by_tier(known: Sequence[Target], order: Sequence[Tier]) -> tuple[Step, ...]:
    steps = (tuple(Choice(target=target) for target in known if target.tier == tier) for tier in order)
    return tuple(step for step in steps if step)


def _smaller(steps: Sequence[Step], known: Sequence[Target]) -> tuple[Step, ...]:
    if not steps:
        return ()
    named = {choice.target.name for step in steps for choice in step}
    largest = max(TIERS.index(choice.target.tier) for choice in steps[0])
    rest = [target for target in known if target.name not in named and TIERS.index(target.tier) < largest]
    return _by_tier(rest, tuple(reversed(TIERS)))
