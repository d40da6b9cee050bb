"""Started once per worker with the parsers loaded; forks a fresh child for every file.

A new interpreter with its imports costs a tenth of a second of processor time, a fork a few thousandths: that is done
while nothing is asked for, so that a child is waiting when a file comes. The server never opens a file itself, so that
a child knows of no file but its own; the network without interfaces that it lives in is its children's as well.

Requests come as one message each on the socket that standard input is, with two open files: where the answer goes and
where complaints go. What a message says is described in `documents.ingestion.sandbox`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import tempfile
from importlib import import_module
from typing import Any, NoReturn

from documents.ingestion.parsers import PARSERS, PREFIX, cage, child

MESSAGE_BYTES = 1 << 20
# It takes seconds to load, so that is left to the child that needs it.
_HEAVY = "unstructured_io"
_PR_SET_PDEATHSIG = 1
# Objects. A child reads one file and makes hardly any garbage, but many objects that would be looked through.
_GARBAGE_AFTER = 50_000


def main() -> None:
    """Serve until the other end of the socket is closed."""
    for name in {parser.partition(":")[0] for parser in PARSERS.values()} - {_HEAVY} | {"language", "sniffing"}:
        import_module(PREFIX + name)
    cage.prepare()
    in_namespace = cage.enter_network()
    # What is loaded stays: a child that looked through it for garbage would get a copy of each of its pages.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)
    with socket.socket(fileno=os.dup(0)) as channel:
        while True:
            pid, to_child = _fork(channel, in_namespace=in_namespace)
            message, files, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 2)
            if not message:
                return
            try:
                socket.send_fds(to_child, [message], files)
            except OSError:  # somebody ended it while it waited
                to_child.close()
                os.waitpid(pid, 0)
                pid, to_child = _fork(channel, in_namespace=in_namespace)
                socket.send_fds(to_child, [message], files)
            to_child.close()
            for file in files:
                os.close(file)
            status, peak = _wait(pid, json.loads(message)["limits"]["wall_seconds"], channel)
            channel.send(json.dumps({"status": status, "peak_bytes": peak}).encode())


def _fork(channel: socket.socket, *, in_namespace: bool) -> tuple[int, socket.socket]:
    """A child that waits for its one request, and the socket to send it to."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        channel.close()
        ours.close()
        _become_child(theirs, in_namespace=in_namespace)
    theirs.close()
    return pid, ours


def _become_child(requests: socket.socket, *, in_namespace: bool) -> NoReturn:
    """In a session and a home of its own, with nothing open but the file for its answer."""
    status = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        cage.enter_namespace()
        message, files, _, _ = socket.recv_fds(requests, MESSAGE_BYTES, 2)
        if not message:  # the server ended
            os._exit(0)
        answer, complaints = files
        os.dup2(complaints, 1)
        os.dup2(complaints, 2)
        kept = 3
        os.dup2(answer, kept)
        os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
        request: dict[str, Any] = json.loads(message)
        os.environ["HOME"] = os.environ["TMPDIR"] = request["home"]
        os.chdir(request["home"])
        tempfile.tempdir = None
        child.work(request, kept, in_namespace=in_namespace)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        # Libraries that crash while they are torn down must not spoil a good answer.
        os._exit(status)


def _wait(pid: int, seconds: float, channel: socket.socket) -> tuple[int | None, int]:
    """The exit status, negative for a signal, None when the time ran out; and the most memory it had.

    Nothing that it started outlives it.
    """
    ended = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        # Whoever asked may be gone; nobody waits for the answer then.
        waiting.register(channel, select.POLLHUP)
        is_in_time = any(file == ended for file, _ in waiting.poll(seconds * 1000))
    finally:
        os.close(ended)
    # Before it is reaped: until then its number, which is that of its group, belongs to nobody else.
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    _, ended_with, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(ended_with) if is_in_time else None, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
