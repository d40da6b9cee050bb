"""Offline work through a provider's batches, at the price of batches: collected, sent, fetched, then asked again.

Inside `offline` the gateway answers a request with what its batch brought. One that is new is noted and `Postponed` is
raised: the caller drops what it was doing, goes on with the next piece of work, and does it again once `fetch` brought
them all. What a provider does not take, or does not answer, is asked by itself as ever.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone

from ragapp.limits import budgets
from ragapp.llm import deployments, ledger, pricing, pseudonyms, routes
from ragapp.llm.errors import LLMError
from ragapp.llm.models import Batch, BatchedRequest
from ragapp.llm.types import ChatRequest, Completion, Target, Usage

log = logging.getLogger(__name__)

State = BatchedRequest.State
# What OpenAI takes in one file is 50,000 lines; smaller ones are back sooner.
MOST = 2000
# A day is what is asked for, and an hour in which the provider may be late.
GIVEN_UP_AFTER = timedelta(hours=25)
TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Work:
    """Whose requests, and which repetition of them."""

    name: str
    nth: int


_current: ContextVar[Work | None] = ContextVar("offline_work", default=None)


class Postponed(Exception):
    """The request waits for a batch. What asked is to be done again later."""


@contextmanager
def offline(work: str, *, nth: int = 0) -> Iterator[None]:
    """What is asked inside belongs to `work`; the same request with another `nth` is answered anew."""
    token = _current.set(Work(work, nth) if work and settings.LLM_BATCHES else None)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Work | None:
    """The work whose requests may wait for a batch, in this context."""
    return _current.get()


def look_up(request: ChatRequest, work: Work) -> Completion | None:
    """What its batch brought; None: it is to be asked by itself. Raises Postponed."""
    digest = _digest(request)
    row = BatchedRequest.objects.filter(work=work.name, nth=work.nth, digest=digest).first()
    if row is None:
        if not (targets := routes.plan(request.task, request.route).targets):
            return None
        row = BatchedRequest(work=work.name, nth=work.nth, digest=digest, task=request.task)
        row.deployment_id, row.asker_id = targets[0].deployment_id, request.caller.user_id
        row.body = _body(targets[0], request)
        row.save()
    if row.state in (State.WAITING, State.SENT):
        raise Postponed
    return _completion(row, request) if row.state == State.ANSWERED else None


def send(work: str) -> None:
    """Hands what waits to the providers. Safe to do twice; what no provider takes is left to be asked by itself."""
    waiting = BatchedRequest.objects.filter(work=work, state=State.WAITING, batch=None)
    for deployment_id in set(waiting.values_list("deployment_id", flat=True)):
        while ids := list(waiting.filter(deployment_id=deployment_id).values_list("pk", flat=True)[:MOST]):
            batch = Batch.objects.create(work=work, deployment_id=deployment_id)
            BatchedRequest.objects.filter(pk__in=ids).update(batch=batch)
    _send_again(work)


def _send_again(work: str) -> None:
    for batch in Batch.objects.filter(work=work, provider_id="", ended_at=None):
        _hand_over(batch)


def fetch(work: str) -> None:
    """Takes in what came back. What could not be sent before is sent. Raises Postponed while any is waited for."""
    _send_again(work)
    for batch in Batch.objects.filter(work=work, ended_at=None).exclude(provider_id=""):
        _take_in(batch)
    require_all(work)


def require_all(work: str) -> None:
    """Raises Postponed where requests wait for a batch."""
    if waiting(work):
        raise Postponed


def waiting(work: str) -> int:
    """How many requests wait for a batch."""
    return BatchedRequest.objects.filter(work=work, state__in=(State.WAITING, State.SENT)).count()


def works() -> set[str]:
    """The work of which anything is kept."""
    return set(BatchedRequest.objects.values_list("work", flat=True))


def end(work: str) -> None:
    """Calls back what is under way and removes everything of the work. Never raises for a provider that is away."""
    for batch in Batch.objects.filter(work=work, ended_at=None).exclude(provider_id=""):
        from ragapp.llm import batch_files

        try:
            if target := _target(batch.deployment_id):
                async_to_sync(batch_files.call_off)(target, batch.provider_id)
        except LLMError as error:
            log.warning("batch.not_called_off", extra={"work": work, "error": type(error).__name__})
    for row in BatchedRequest.objects.filter(work=work, state=State.SENT).exclude(spending_ids=[]):
        _settle(row, Decimal(0))
    BatchedRequest.objects.filter(work=work).delete()
    Batch.objects.filter(work=work).delete()


# --- out --------------------------------------------------------------------------------------------------


def _digest(request: ChatRequest) -> str:
    asked: dict[str, Any] = {
        "task": request.task,
        "messages": [asdict(message) for message in request.messages],
        "limit": request.max_output_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "route": dict(request.route),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _body(target: Target, request: ChatRequest) -> dict[str, Any]:
    from ragapp.llm import clients

    sent = request if target.may_see_personal_data else pseudonyms.mask(request).request
    return clients.whole(target, sent)


def _hand_over(batch: Batch) -> None:
    target = _target(batch.deployment_id)
    rows = list(batch.requests.filter(state=State.WAITING))
    if target is None or batch.tries >= TRIES_MAX:
        _leave(batch)
        return
    Batch.objects.filter(pk=batch.pk).update(tries=batch.tries + 1)
    rows = [row for row in rows if _promised(row, target)]
    if not rows:
        _leave(batch)
        return
    from ragapp.llm import batch_files

    lines = {str(row.pk): row.body for row in rows}
    try:
        provider_id = async_to_sync(batch_files.hand_over)(target, str(batch.key), lines, may_be_there=batch.tries > 0)
    except LLMError as error:
        log.warning("batch.not_taken", extra={"work": batch.work, "error": type(error).__name__, "said": str(error)})
        if not error.retryable:
            _leave(batch)
        return
    Batch.objects.filter(pk=batch.pk).update(provider_id=provider_id)
    batch.requests.filter(state=State.WAITING).update(state=State.SENT)


def _promised(row: BatchedRequest, target: Target) -> bool:
    """What it may cost at most is reserved; where a limit forbids, the request is asked by itself, which says so."""
    fits = budgets.fitting(user_id=row.asker_id, token_id=None)
    if not fits or row.spending_ids:
        return True
    tokens_in = sum(pricing.estimate_tokens(message["content"]) for message in row.body["messages"])
    limit = int(row.body.get("max_tokens") or row.body.get("max_completion_tokens") or target.max_output_tokens)
    most, _ = pricing.batched(target, tokens_in=tokens_in, tokens_out=limit)
    try:
        held = budgets.reserve(fits, _call_id(row), most, lease_s=GIVEN_UP_AFTER.total_seconds(), now=timezone.now())
    except budgets.Refused:
        BatchedRequest.objects.filter(pk=row.pk).update(state=State.SINGLE)
        return False
    BatchedRequest.objects.filter(pk=row.pk).update(spending_ids=list(held.spending_ids))
    return True


# --- back -------------------------------------------------------------------------------------------------


def _take_in(batch: Batch) -> None:
    target = _target(batch.deployment_id)
    if target is None:
        _leave(batch)
        return
    from ragapp.llm import batch_files

    try:
        lines = async_to_sync(batch_files.bring)(target, batch.provider_id)
    except LLMError as error:
        log.warning("batch.not_fetched", extra={"work": batch.work, "error": type(error).__name__, "said": str(error)})
        lines = None if error.retryable else []
    if lines is None and timezone.now() - batch.created_at < GIVEN_UP_AFTER:
        return
    rows = {str(row.pk): row for row in batch.requests.filter(state=State.SENT)}
    for line in lines or ():
        row = rows.get(str(line.get("custom_id")))
        if row is not None:
            _answer(row, target, line, ms=round((timezone.now() - batch.created_at).total_seconds() * 1000))
    _leave(batch)


def _answer(row: BatchedRequest, target: Target, line: dict[str, Any], *, ms: int) -> None:
    """Keeps what came. What cannot be read, or holds no text, stays and is asked by itself."""
    try:
        body = line["response"]["body"]
        choice = body["choices"][0]
        text, counted = choice["message"]["content"], body["usage"]
        row.tokens_in, row.tokens_out = int(counted["prompt_tokens"]), int(counted["completion_tokens"])
        row.finish_reason, row.model = str(choice.get("finish_reason") or "stop")[:40], str(body["model"])[:200]
    except (KeyError, TypeError, IndexError, ValueError):
        return
    if line["response"].get("status_code") != 200 or not isinstance(text, str) or not text.strip():
        return
    cost_usd, price = pricing.batched(target, tokens_in=row.tokens_in, tokens_out=row.tokens_out)
    row.text, row.state, row.body, row.cost_usd, row.price = text, State.ANSWERED, {}, cost_usd, dict(price)
    row.save()
    _settle(row, cost_usd)
    usage = Usage(tokens_in=row.tokens_in, tokens_out=row.tokens_out, cost_usd=cost_usd, price=price)
    ledger.batched(target, row.task, row.model, usage, asker_id=row.asker_id, ms=ms)


def _leave(batch: Batch) -> None:
    """The batch is over: what it did not answer is asked by itself."""
    for row in batch.requests.filter(state__in=(State.WAITING, State.SENT)).exclude(spending_ids=[]):
        _settle(row, Decimal(0))
    batch.requests.filter(state__in=(State.WAITING, State.SENT)).update(state=State.SINGLE, body={})
    Batch.objects.filter(pk=batch.pk).update(ended_at=timezone.now())


def _settle(row: BatchedRequest, cost_usd: Decimal | None) -> None:
    budgets.settle(budgets.Held(spending_ids=tuple(row.spending_ids)), _call_id(row), cost_usd)


def _completion(row: BatchedRequest, request: ChatRequest) -> Completion:
    text = row.text
    target = _target(row.deployment_id)
    if target is not None and not target.may_see_personal_data:
        restorer = pseudonyms.Restorer(values=pseudonyms.mask(request).values)
        text = restorer.take(text) + restorer.rest()
    usage = Usage(tokens_in=row.tokens_in, tokens_out=row.tokens_out, cost_usd=row.cost_usd, price=row.price)
    return Completion(text=text, usage=usage, model=row.model, finish_reason=row.finish_reason)


def _call_id(row: BatchedRequest) -> str:
    return f"batched-{row.pk}"


def _target(deployment_id: int | None) -> Target | None:
    return next((one for one in deployments.usable() if one.deployment_id == deployment_id), None)
