"""Counting in fixed windows, in Redis: how often somebody did something in this minute."""

import logging
from dataclasses import dataclass

import redis

from ragapp.lib.redis_connection import short_commands

logger = logging.getLogger(__name__)

# What the counters of one installation begin with; tests that share a Redis each have their own.
SPACE = "ragapp:limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `times` in each window of `seconds`."""

    times: int
    seconds: int


def seconds_to_wait(name: str, who: str, rate: Rate, *, now: float, count: int = 1) -> int:
    """Count `count` more of `name` by `who`; 0 when it is within the rate, else the seconds until the next window.

    `now` is seconds since the epoch. Without Redis everything is allowed: the limits keep the site quick for all,
    and refusing everybody would be a worse outage than the one that broke Redis. Sign-in is throttled in the
    database, so that guessing passwords stays limited.
    """
    window, elapsed = divmod(now, rate.seconds)
    key = f"{SPACE}:{name}:{who}:{int(window)}"
    try:
        with short_commands().pipeline(transaction=True) as pipeline:
            pipeline.incrby(key, count)
            pipeline.expire(key, rate.seconds)
            total = int(pipeline.execute()[0])
    except redis.RedisError as error:
        logger.warning("limits.not_counted", extra={"limit": name, "reason": type(error).__name__})
        return 0
    return 0 if total <= rate.times else max(1, int(rate.seconds - elapsed) + 1)
