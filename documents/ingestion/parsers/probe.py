"""What the cage looks like from inside: tries what must not work. The start-up check and the tests ask."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any


def look_around(arguments: dict[str, Any]) -> dict[str, Any]:
    """Try the network, and what `arguments` names: files to `read`, places to `write`, sockets to `connect`.

    The answer lists what of these worked. Only the names of files are told, never what is in them.
    """
    return {
        "network_refused": not _works(_reach_the_network),
        "parent_signalled": _works(_signal_parent),
        "session_left": _works(_leave_session),
        "read": _working(_read, arguments.get("read", ())),
        "write": _working(_write, arguments.get("write", ())),
        "chmod": _working(_change_mode, arguments.get("write", ())),
        "connect": _working(_connect, arguments.get("connect", ())),
        "home_written": _works(lambda: Path.home().joinpath("note").write_text("written")),
        "environment": dict(os.environ),
        "memory_bytes": resource.getrlimit(resource.RLIMIT_DATA)[0],
        "session": os.getsid(0) == os.getpid(),
        "parent": os.getppid(),
        "open_files": sum(_works(partial(os.fstat, number)) for number in range(256)),
    }


def _working(attempt: Callable[[str], object], paths: Iterable[str]) -> list[str]:
    return [path for path in paths if _works(partial(attempt, path))]


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _reach_the_network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("192.0.2.1", 9))  # sends nothing; an address for documentation (RFC 5737)


def _signal_parent() -> None:
    os.kill(os.getppid(), signal.SIGCONT)  # does nothing to a process that runs


def _leave_session() -> None:
    child = os.fork()
    if child == 0:
        os._exit(int(_works(os.setsid)))
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        raise PermissionError


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _write(path: str) -> None:
    with open(path, "ab"):
        pass


def _change_mode(path: str) -> None:
    os.chmod(path, 0o700)


def _connect(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
