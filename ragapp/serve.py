"""python -m ragapp.serve: the web processes, each with a listening socket of its own on one port.

Processes that share a socket take connections as they wake up: of twenty at once one of two took up to nineteen. With a
socket each, the kernel spreads them (SO_REUSEPORT, socket(7)).
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

# On a busy machine a process that loads its model is slow, and not dead.
ALIVE_WITHIN_S = 60


class _Reserved(socket.socket):
    """A port that is held and not listened to. Whoever it is sent to gets a socket of their own on the same port."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _bound, self.getsockname()[:2]


def main(arguments: list[str] | None = None) -> int:
    """Serves until it is told to stop. Exit status 1 when the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m ragapp.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=int(os.environ.get("RAGAPP_WEB_PROCESSES") or 1))
    parser.add_argument("--stop-within", type=int, default=10, help="seconds that running requests have at the end")
    options = parser.parse_args(arguments)
    config = uvicorn.Config(
        "ragapp.asgi:application",
        host=options.host,
        port=options.port,
        workers=options.processes,
        timeout_graceful_shutdown=options.stop_within,
        timeout_worker_healthcheck=ALIVE_WITHIN_S,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
    )
    try:
        # One that shares its port could be started twice without anybody noticing.
        _bound(options.host, options.port, is_shared=False).close()
        if options.processes == 1:
            uvicorn.Server(config).run()
        else:
            Multiprocess(config, sockets=[_bound(options.host, options.port)]).run()
    except OSError as error:
        at = f"{options.host}:{options.port}"
        sys.stderr.write(f"{at} cannot be listened to: {error.strerror}. Choose another port.\n")
        return 1
    return 0


def _bound(host: str, port: int, is_shared: bool = True) -> _Reserved:
    taken = _Reserved(socket.AF_INET6 if ":" in host else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    taken.bind((host, port))
    return taken


if __name__ == "__main__":
    sys.exit(main())
