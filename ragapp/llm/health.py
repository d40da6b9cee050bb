"""How deployments are doing, known to all processes through Redis: circuit breakers and calls under way.

A breaker opens after FAILURES failed calls in a row within WINDOW_S, and stays open OPEN_S, twice as long each time it
opens anew. Then one call at a time probes whether it works again. Without Redis every deployment counts as healthy:
calls then find out by themselves.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import redis

from ragapp.lib.redis_connection import short_commands
from ragapp.llm import errors
from ragapp.llm.types import Target

log = logging.getLogger(__name__)

FAILURES = 5
WINDOW_S = 60.0
OPEN_S = 10.0
LONGEST_OPEN_S = 300.0
# What the keys of one installation begin with; tests that share a Redis each have their own.
SPACE = "ragapp:llm"

Entry = Literal["in", "open", "full"]

# Wrong in the same way until an admin does something: no use in trying it five times.
_LASTING = (errors.BadKey, errors.UnknownModel, errors.NotAllowed)
# Says something about the question and nothing about the deployment.
_NO_FAULT = (errors.BadRequest,)

_ENTER = """
local now, lease_until, most = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local open_until = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
if open_until > now then return 'open' end
if open_until > 0 and tonumber(redis.call('HGET', KEYS[1], 'probed_until') or '0') > now then return 'open' end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if most > 0 and redis.call('ZCARD', KEYS[2]) >= most then return 'full' end
if open_until > 0 then redis.call('HSET', KEYS[1], 'probed_until', lease_until, 'probed_by', ARGV[2]) end
redis.call('ZADD', KEYS[2], lease_until, ARGV[2])
redis.call('PEXPIRE', KEYS[2], math.ceil((lease_until - now) * 1000))
return 'in'
"""
_LEAVE = """
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[1], 'probed_by') == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'probed_until', 'probed_by')
end
"""
_FAILED = """
local now, open_for, least = tonumber(ARGV[1]), 0, tonumber(ARGV[6])
if redis.call('HEXISTS', KEYS[1], 'until') == 1 or ARGV[5] == '1' then
    open_for = 1
else
    if now - tonumber(redis.call('HGET', KEYS[1], 'since') or '0') > tonumber(ARGV[3]) then
        redis.call('HSET', KEYS[1], 'since', now, 'failures', 0)
    end
    if redis.call('HINCRBY', KEYS[1], 'failures', 1) >= tonumber(ARGV[2]) then open_for = 1 end
end
if open_for == 1 then
    local times = redis.call('HINCRBY', KEYS[1], 'opened', 1)
    least = math.max(least, tonumber(ARGV[4]) * 2 ^ math.min(times - 1, 10))
end
if least > 0 then
    redis.call('HSET', KEYS[1], 'until', now + math.min(least, tonumber(ARGV[7])))
    redis.call('HDEL', KEYS[1], 'probed_until', 'probed_by', 'failures', 'since')
end
redis.call('EXPIRE', KEYS[1], math.ceil(tonumber(ARGV[7]) * 2))
return open_for
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether calls are kept away from a deployment, and how many are under way."""

    is_open: bool = False
    in_flight: int = 0


def standings(targets: Sequence[Target], *, now: float) -> Mapping[Target, Standing]:
    """How each is doing; all are well when Redis cannot be asked."""
    try:
        with short_commands().pipeline(transaction=False) as pipeline:
            for target in targets:
                breaker, in_flight = _keys(target)
                pipeline.hget(breaker, "until")
                pipeline.zcount(in_flight, f"({now}", "+inf")
            found = pipeline.execute()
    except redis.RedisError as error:
        _unknown(error)
        return {target: Standing() for target in targets}
    return {
        target: Standing(is_open=float(found[2 * at] or 0) > now, in_flight=int(found[2 * at + 1]))
        for at, target in enumerate(targets)
    }


def enter(target: Target, call_id: str, *, lease_s: float, now: float) -> Entry:
    """Take a place among the calls under way, until `leave` or for `lease_s`. "open" and "full": not now."""
    arguments: list[str | float] = [now, call_id, now + lease_s, target.concurrency or 0]
    try:
        said = short_commands().eval(_ENTER, 2, *_keys(target), *arguments)
    except redis.RedisError as error:
        _unknown(error)
        return "in"
    return "open" if said == "open" else "full" if said == "full" else "in"


def leave(target: Target, call_id: str) -> None:
    """The call is over. One that ended without a verdict frees its probe for another."""
    try:
        short_commands().eval(_LEAVE, 2, *_keys(target), call_id)
    except redis.RedisError as error:
        _unknown(error)


def succeeded(target: Target) -> None:
    """It answered: the breaker closes, and its past is forgotten."""
    try:
        short_commands().delete(_keys(target)[0])
    except redis.RedisError as error:
        _unknown(error)


def failed(target: Target, error: errors.LLMError, *, now: float) -> None:
    """It failed: counts, and opens the breaker when that is enough or the provider asked for a pause."""
    if isinstance(error, _NO_FAULT):
        return
    wait_s = error.retry_after_s or 0.0
    arguments: list[str | float] = [
        now,
        FAILURES,
        WINDOW_S,
        OPEN_S,
        int(isinstance(error, _LASTING)),
        wait_s,
        LONGEST_OPEN_S,
    ]
    try:
        opened = short_commands().eval(_FAILED, 1, _keys(target)[0], *arguments)
    except redis.RedisError as unknown:
        _unknown(unknown)
        return
    if opened:
        log.warning("llm.breaker_opened", extra={"deployment": target.name, "error": type(error).__name__})


def _keys(target: Target) -> tuple[str, str]:
    """Of the breaker and of the calls under way. A corrected address, model or key begins anew."""
    content = "\n".join((target.base_url, target.model, target.api_key))
    stamp = hashlib.sha256(content.encode()).hexdigest()[:16]
    name = f"{SPACE}:{target.deployment_id or 'settings'}:{stamp}"
    return f"{name}:breaker", f"{name}:calls"


def _unknown(error: redis.RedisError) -> None:
    log.warning("llm.health_unknown", extra={"reason": type(error).__name__})
