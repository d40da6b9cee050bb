"""The site served by a real server in this process, for programs and browsers that come over the network."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from chat import streaming


@contextmanager
def served() -> Iterator[str]:
    """The address under which ragapp.asgi answers until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config("ragapp.asgi:application", log_level="warning", lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    started = threading.Event()
    original = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await original(sockets=sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="web", daemon=True)
    thread.start()
    assert started.wait(60)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    # The server's end closed what makes answers in this process, which other tests go on in.
    streaming._workshop = None
