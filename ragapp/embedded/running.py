"""One bin/up per data folder, and the watch that clears up when it is killed."""

import fcntl
import json
import os
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from ragapp.embedded import children, services

# A killed process closes its pipe a little before it gives up its lock.
DYING_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A process that ends everything when this one dies without a word."""

    pid: int
    pipe: int

    def dismiss(self) -> None:
        """Everything was ended in order: the watch may go."""
        os.write(self.pipe, b".")
        os.close(self.pipe)
        os.waitpid(self.pid, 0)


def post_watch(data: Path) -> Watch:
    """Fork the watch. Called before there are threads, locks or children."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return Watch(pid=pid, pipe=writing)
    os.close(writing)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(data / "logs" / "watch.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if not os.read(reading, 1):
            _clear_up(data)
    except BaseException:
        traceback.print_exc()  # nobody waits for this process: its log is the only place
    finally:
        os._exit(0)


def _clear_up(data: Path) -> None:
    deadline = time.monotonic() + DYING_S
    while (lock := take(data)) is None:
        if time.monotonic() > deadline:  # a new bin/up came first and clears up itself
            return
        time.sleep(0.02)
    children.end_leftovers(record(data))
    services.stop(data)
    _note(data).unlink(missing_ok=True)
    os.close(lock)


def record(data: Path) -> Path:
    """The file that names the processes of bin/up."""
    return data / "run" / "processes.json"


def take(data: Path) -> int | None:
    """The lock of this data folder, held until it is closed or we end; None when another bin/up has it."""
    descriptor = os.open(data / "run" / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def announce(data: Path, address: str, *, ready: bool) -> None:
    """Tell a second bin/up where this one is."""
    _note(data).write_text(json.dumps({"pid": os.getpid(), "address": address, "ready": ready}))


def withdraw(data: Path) -> None:
    """The address no longer holds."""
    _note(data).unlink(missing_ok=True)


def who_runs(data: Path) -> str:
    """One sentence about the bin/up that holds the lock."""
    try:
        note = json.loads(_note(data).read_text())
        state = "runs" if note["ready"] else "is starting"
        return f"ragapp {state} already: {note['address']} (process {note['pid']}; Ctrl-C there ends it)."
    except (OSError, ValueError, KeyError):
        return "Another bin/up is just starting or ending here. Wait a moment and start again."


def _note(data: Path) -> Path:
    return data / "run" / "up.json"
