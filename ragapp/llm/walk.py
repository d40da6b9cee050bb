"""Whose turn it is: deployments of a route by health, weight and calls under way, one after another as they fail."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

from django.utils import timezone

from ragapp.limits import budgets
from ragapp.limits.models import Budget
from ragapp.llm import attempts, health, pricing, routes
from ragapp.llm.errors import LimitReached, NotConfigured
from ragapp.llm.ledger import Turn
from ragapp.llm.routes import Choice, Plan, Step
from ragapp.llm.types import ChatRequest, Target

# A process that dies leaves its place; it is free again this long after the call's deadline.
LEASE_MARGIN_S = 5.0


@dataclass(slots=True, kw_only=True)
class Walk:
    """One request on its way through the deployments."""

    request: ChatRequest
    plan: Plan
    dice: random.Random = field(default_factory=random.Random)
    tried: set[str] = field(default_factory=set)
    # The budgets that its calls count against, each with its subject.
    fits: list[tuple[Budget, int]] = field(default_factory=list)
    # Why small models come first ("budget": money is running out), and who would have been asked.
    small_because: str = ""
    first_choice: Target | None = None
    # Whether somebody was passed by only for being at its limit.
    was_full: bool = False

    @property
    def is_last(self) -> bool:
        """Nobody is left to be asked."""
        return all(target.name in self.tried for target in self.plan.targets)


def begin(request: ChatRequest) -> tuple[Walk, Turn | None]:
    """The way of a request, and its first turn if anybody has a place.

    Counts the request against the limits of this minute, and reads how the money stands.
    Raises NotConfigured, LimitReached.
    """
    plan = routes.plan(request.task, request.route)
    if not plan.steps:
        raise NotConfigured
    fits = budgets.fitting(user_id=request.caller.user_id, token_id=request.caller.token_id)
    output = request.max_output_tokens or plan.max_output_tokens
    try:
        budgets.admit(fits, tokens=attempts.tokens_of(request) + output, now=time.time())
    except budgets.Refused as refused:
        raise _reached(refused) from refused
    saved = routes.small_first(plan)
    is_soft = any(balance.is_soft for balance in budgets.balances(fits, now=timezone.now()))
    walk = Walk(request=request, plan=plan, fits=fits)
    if saved != plan and (is_soft or request.prefers_small):
        walk.plan, walk.small_because = saved, "budget" if is_soft else "simple"
        walk.first_choice = plan.targets[0]
    return walk, next_turn(walk, within_s=request.deadline_s or plan.timeout_s)


def next_turn(walk: Walk, *, within_s: float) -> Turn | None:
    """The next deployment, which has a place for the call now; None when all were asked, are resting or full.

    What the call may cost at most is reserved. Raises LimitReached.
    """
    walk.was_full = False
    for place, step in enumerate(walk.plan.steps):
        for target in _in_order(walk, step):
            if not _fits(walk, target):
                walk.tried.add(target.name)
                continue
            call_id = uuid4().hex
            entry = health.enter(target, call_id, lease_s=within_s + LEASE_MARGIN_S, now=time.time())
            if entry == "in":
                walk.tried.add(target.name)
                held = _reserved(walk, target, call_id, within_s + LEASE_MARGIN_S)
                is_routed = walk.first_choice is not None and target.tier == "small"
                return Turn(
                    target=target,
                    call_id=call_id,
                    # Whom nobody asks while it rests did not answer either: steps count as well as tries.
                    fallback_step=max(len(walk.tried) - 1, place),
                    held=held,
                    routed_by=walk.small_because if is_routed else "",
                    stands_for=walk.first_choice if is_routed else None,
                )
            walk.was_full = walk.was_full or entry == "full"
    return None


def _reserved(walk: Walk, target: Target, call_id: str, lease_s: float) -> budgets.Held:
    """Money for the question and the longest answer. Raises LimitReached."""
    if not walk.fits:
        return budgets.Held(spending_ids=())
    output = min(walk.request.max_output_tokens or target.max_output_tokens, target.max_output_tokens)
    most, _ = pricing.cost(target, tokens_in=attempts.tokens_of(walk.request), tokens_out=output)
    try:
        return budgets.reserve(walk.fits, call_id, most, lease_s=lease_s, now=timezone.now())
    except budgets.Refused as refused:
        health.leave(target, call_id)
        raise _reached(refused) from refused


def _reached(refused: budgets.Refused) -> LimitReached:
    match refused:
        case budgets.MoneySpent():
            return LimitReached("money", scope=refused.scope, resets_on=refused.resets_on)
        case budgets.TooFast():
            return LimitReached("minute", scope=refused.scope, wait_s=refused.wait_s)
    return LimitReached("request", scope=refused.scope)


def _in_order(walk: Walk, step: Step) -> Iterator[Target]:
    """The healthy ones of a step that were not asked yet, drawn by weight and by how little they have to do."""
    left = [choice for choice in step if choice.target.name not in walk.tried]
    if len(left) == 1:
        yield left[0].target
        return
    standings = health.standings([choice.target for choice in left], now=time.time())
    pool = [choice for choice in left if not standings[choice.target].is_open]
    while pool:
        weights = [choice.weight / (1 + standings[choice.target].in_flight) for choice in pool]
        drawn: Choice = walk.dice.choices(pool, weights)[0]
        pool.remove(drawn)
        yield drawn.target


def _fits(walk: Walk, target: Target) -> bool:
    """The prompt was made for the first step; one with a smaller context may not take it."""
    if target.context_tokens >= walk.plan.context_tokens:
        return True
    output = min(walk.request.max_output_tokens or target.max_output_tokens, target.max_output_tokens)
    return attempts.tokens_of(walk.request) + output <= target.context_tokens
