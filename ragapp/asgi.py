"""ASGI entry point: answers stream from async views, and a server that stops waits for those being made."""

import asyncio
import os
from typing import Any

from django.core.asgi import get_asgi_application

from ragapp import bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragapp.settings")

_django = get_asgi_application()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Django behind the limit of bodies, and the server's start and stop, which Django does not speak."""
    if scope["type"] == "http":
        await bodies.limited(_django, scope, receive, send)
        return
    if scope["type"] != "lifespan":
        await _django(scope, receive, send)
        return
    # Apps are ready only now.
    from chat import streaming, warming
    from ragapp.lib.offload import close_pool

    warm = asyncio.create_task(warming.warm_up())
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await asyncio.wait([warm])
            await streaming.drain()
            await asyncio.to_thread(close_pool)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
