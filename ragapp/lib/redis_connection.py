"""The one way to Redis for short commands: time-outs of its own, so that a dead Redis costs a request little."""

from functools import cache

import redis
from django.conf import settings

CONNECT_TIMEOUT_S = 0.5
COMMAND_TIMEOUT_S = 1.0


@cache
def short_commands() -> redis.Redis:
    """A thread-safe client whose commands raise redis.RedisError within about a second."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=COMMAND_TIMEOUT_S,
        health_check_interval=30,
        retry=None,
    )
