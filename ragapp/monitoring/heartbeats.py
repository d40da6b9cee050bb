"""Signs of life of processes that nobody connects to: workers and beat. Kept in Redis, forgotten after a day."""

import logging
import time

import redis

from ragapp.lib.redis_connection import short_commands

logger = logging.getLogger(__name__)

BEAT = "beat"
KEPT_S = 86_400
# Workers send every 2 s; one write in 5 s is enough to be seen.
WRITTEN_EVERY_S = 5.0
SPACE = "ragapp:alive"
_written: dict[str, float] = {}


def worker_of(queue: str) -> str:
    """The name under which the workers of `queue` give signs of life."""
    return f"worker:{queue}"


def give_sign(name: str, *, now: float | None = None) -> None:
    """Say that `name` lives at `now` (seconds since the epoch). Without Redis nothing happens."""
    moment = time.time() if now is None else now
    if moment - _written.get(name, 0.0) < WRITTEN_EVERY_S:
        return
    try:
        short_commands().set(f"{SPACE}:{name}", moment, ex=KEPT_S)
    except redis.RedisError as error:
        logger.warning("heartbeat.not_written", extra={"process": name, "reason": type(error).__name__})
        return
    _written[name] = moment


def seconds_since(name: str, *, now: float | None = None) -> float | None:
    """How long ago `name` last gave a sign; None when it never did. Raises redis.RedisError."""
    moment = time.time() if now is None else now
    seen = short_commands().get(f"{SPACE}:{name}")
    return None if seen is None else moment - float(seen)
