"""The end of a call: its row in the ledger, the deployment's health, the counters of this process."""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

import django.db

from ragapp.limits import budgets
from ragapp.llm import attempts, errors, health, pricing
from ragapp.llm.models import Call
from ragapp.llm.types import ChatRequest, Delta, Target, Usage
from ragapp.monitoring import metrics

log = logging.getLogger(__name__)

# Refused or never reached: nothing was worked on, so nothing is charged.
_FREE = (
    errors.Unreachable, errors.RateLimited, errors.BadKey, errors.UnknownModel, errors.NotAllowed, errors.BadRequest,
    errors.ServerFailed,
)  # fmt: skip
NOTHING = Usage(tokens_in=0, tokens_out=0)


@dataclass(slots=True, kw_only=True)
class Turn:
    """One deployment's turn at a request, from its first byte to its last."""

    target: Target
    call_id: str
    fallback_step: int
    # Why a small model was asked, and whom it stands for.
    routed_by: str = ""
    stands_for: Target | None = None
    held: budgets.Held = field(default_factory=lambda: budgets.Held(spending_ids=()))
    started: float = field(default_factory=time.monotonic)
    text: list[str] = field(default_factory=list)
    model: str = ""
    first_token_ms: int | None = None
    usage: Usage | None = None
    outcome: str = "abandoned"
    error: errors.LLMError | None = None

    def take(self, delta: Delta) -> None:
        """Remember what came."""
        self.model = delta.model or self.model
        if delta.text:
            self.text.append(delta.text)
            if self.first_token_ms is None:
                self.first_token_ms = self._ms()
        if delta.usage is not None:
            self.usage, self.outcome = delta.usage, "answered"

    def fail(self, error: errors.LLMError) -> None:
        """Remember what went wrong."""
        self.error, self.outcome = error, type(error).__name__

    def _ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


def give_back(turn: Turn) -> None:
    """The turn is not used: its place is free, nothing is reserved for it, and the ledger says nothing of it."""
    health.leave(turn.target, turn.call_id)
    # Without the database, what was reserved is free when its lease ends.
    with suppress(django.db.Error):
        budgets.settle(turn.held, turn.call_id, Decimal(0))


def close(turn: Turn, request: ChatRequest) -> None:
    """Everything that follows the end of a call. Never raises for a database or Redis that is away."""
    ms = round((time.monotonic() - turn.started) * 1000)
    usage = turn.usage or _estimated(turn, request)
    health.leave(turn.target, turn.call_id)
    if turn.error is not None:
        health.failed(turn.target, turn.error, now=time.time())
    elif turn.usage is not None:
        health.succeeded(turn.target)
    _count(turn, request, usage)
    said = {"deployment": turn.target.name, "model": turn.target.model, "outcome": turn.outcome, "ms": ms}
    if turn.error is not None:
        log.warning("llm.failed", extra={"task": request.task, **said, "said": str(turn.error)})
    else:
        log.info("llm.called", extra={"task": request.task, **said})
    try:
        budgets.settle(turn.held, turn.call_id, usage.cost_usd)
        Call.objects.create(
            task=request.task,
            deployment_id=turn.target.deployment_id,
            deployment=turn.target.name,
            model=(turn.model or turn.target.model)[:200],
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            tokens_cached=usage.cached_tokens_in,
            is_estimated=usage.is_estimated,
            cost_usd=usage.cost_usd,
            price=dict(usage.price),
            first_token_ms=turn.first_token_ms,
            ms=ms,
            outcome=turn.outcome,
            fallback_step=turn.fallback_step,
            routed_by=turn.routed_by,
            saved_usd=_saved(turn, usage),
            asker_id=request.caller.user_id,
            token_id=request.caller.token_id,
            answer_id=request.caller.answer_id,
        )
    except django.db.Error as error:
        # The answer is worth more than its row; what was reserved is free when its lease ends.
        log.error("llm.not_recorded", extra={**said, "error": type(error).__name__})


def batched(target: Target, task: str, model: str, usage: Usage, *, asker_id: int | None, ms: int) -> None:
    """A request that a provider's batch answered; `ms` since the batch was made."""
    Call.objects.create(
        task=task,
        deployment_id=target.deployment_id,
        deployment=target.name,
        model=model[:200],
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cost_usd=usage.cost_usd,
        price=dict(usage.price),
        ms=ms,
        outcome="answered",
        asker_id=asker_id,
    )


def _estimated(turn: Turn, request: ChatRequest) -> Usage:
    """What a provider charges for that counted nothing: the question, and the text up to where it ended."""
    if turn.error is not None and not turn.text and isinstance(turn.error, _FREE):
        return NOTHING
    return attempts.usage_of(turn.target, request, "".join(turn.text))


def _saved(turn: Turn, usage: Usage) -> Decimal | None:
    """What the first choice would have cost more for the same tokens."""
    if turn.stands_for is None or turn.usage is None or usage.cost_usd is None:
        return None
    instead, _ = pricing.cost(
        turn.stands_for,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cached_tokens_in=usage.cached_tokens_in,
    )
    return None if instead is None else instead - usage.cost_usd


def _count(turn: Turn, request: ChatRequest, usage: Usage) -> None:
    name = turn.target.name
    metrics.LLM_CALLS.labels(task=request.task, outcome=turn.outcome).inc()
    metrics.LLM_DEPLOYMENT_CALLS.labels(deployment=name, outcome=turn.outcome).inc()
    metrics.LLM_TOKENS.labels(direction="in").inc(usage.tokens_in)
    metrics.LLM_TOKENS.labels(direction="out").inc(usage.tokens_out)
    if turn.first_token_ms is not None:
        metrics.LLM_FIRST_WORD_SECONDS.labels(deployment=name).observe(turn.first_token_ms / 1000)
    if usage.cost_usd:
        metrics.LLM_COST.labels(deployment=name).inc(float(usage.cost_usd))
