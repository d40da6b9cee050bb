"""Runs parsers in a process of their own that can be ended at any time.

Files come from strangers and parsers have bugs, so each file is read in a fresh child, forked by a server that
opens no file itself: bounded memory, processor time, run time and file sizes, no network, no file but its own and the
programs', no way to other processes and their sockets, an empty environment, a temporary home that is removed
afterwards, and its whole process group, which nothing in it can leave, killed at the end. Answers come back as JSON,
never as pickles.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from documents.ingestion import errors
from documents.ingestion.parsers.cage import Isolation
from documents.ingestion.types import Limits

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
RENDERING = Limits(cpu_seconds=20, wall_seconds=30.0, written_bytes=64 * 1024**2)
_PROBING = Limits(cpu_seconds=5, wall_seconds=15.0)
# How much longer than its child's limit a server may take to answer, and how many wait for the next file.
GRACE_S, IDLE_MAX = 10.0, 2
# A child that was killed and had this share of its memory in use wanted more.
_FULL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a job returned, and what it really was cut off."""

    value: dict[str, Any]
    isolation: Isolation

    @property
    def network_isolated(self) -> bool:
        """Whether no network could be reached."""
        return bool(self.isolation.network)


def run(
    job: str, arguments: dict[str, Any], *, limits: Limits, take: Callable[[Any], object] = lambda row: None
) -> Outcome:
    """Run one of `parsers.child.JOBS` in a fresh child, return its answer and give the rows that it has to `take`.

    Raises the `IngestionError` that the job raised; `ParserTimedOut` when it ran past its limit of run time or
    processor time; `TooLarge` when it wrote or needed too much; `ParserCrashed` when it ended without an answer.
    """
    with (
        tempfile.TemporaryDirectory(prefix="parser-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as complaints,
    ):
        request = {"job": job, "arguments": arguments, "limits": asdict(limits), "home": home}
        status, peak = _serve(request, (answer, complaints), patience=limits.wall_seconds + GRACE_S)
        if status != 0:
            raise _failure(status, complaints, is_full=peak > _FULL * limits.memory_bytes)
        return _read(answer, take)


def render_page(path: Path, page: int, *, filename: str = "", width_px: int = 1200) -> bytes:
    """Page `page` (from 1) of a PDF or an image as WebP, `width_px` wide.

    Raises IngestionError; `DamagedFile` when there is no such page.
    """
    arguments = {
        "path": str(path.resolve()),
        "filename": filename or path.name,
        "page": page,
        "width_px": width_px,
    }
    return base64.b64decode(run("render", arguments, limits=RENDERING).value["image"])


@functools.cache
def isolation() -> Isolation:
    """What a child of this process can be cut off here. Tried, not only asked, once per process."""
    own = f"/proc/{os.getpid()}/environ"
    try:
        outcome = run("probe", {"read": [own]}, limits=_PROBING)
    except errors.IngestionError:
        return Isolation(network="", files=False, signals=False)
    told, seen = outcome.isolation, outcome.value
    return Isolation(
        network=told.network if seen["network_refused"] else "",
        files=told.files and not seen["read"],
        signals=told.signals and not seen["parent_signalled"],
    )


class _Server:
    """A running `parsers.forkserver` and our end of the socket to it. Serves one request at a time."""

    def __init__(self) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "documents.ingestion.parsers.forkserver"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )

    def serve(self, request: bytes, files: Sequence[int], patience: float) -> tuple[int | None, int]:
        """The child's exit status, None when it took too long, and the most memory that it had.

        Raises OSError when the server is gone.
        """
        self.channel.settimeout(patience)
        socket.send_fds(self.channel, [request], files)
        reply = self.channel.recv(1024)
        if not reply:
            raise ConnectionError("the server of parsers ended")
        told = json.loads(reply)
        return told["status"], told["peak_bytes"]

    def end(self) -> None:
        """Its child goes with it."""
        self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


# Servers that wait for a file. A process that was forked from this one has to start its own.
_idle: list[_Server] = []


def _forget() -> None:
    while _idle:
        _idle.pop().channel.close()


os.register_at_fork(after_in_child=_forget)


def _serve(request: dict[str, Any], files: Sequence[IO[bytes]], *, patience: float) -> tuple[int, int]:
    """The exit status of a child that did what was asked, and the most memory that it had.

    Raises ParserTimedOut and ParserCrashed.
    """
    message, numbers = json.dumps(request).encode(), [file.fileno() for file in files]
    while True:
        was_idle = bool(_idle)
        server = _idle.pop() if was_idle else _Server()
        try:
            status, peak = server.serve(message, numbers, patience)
        except TimeoutError:
            server.end()
            raise errors.ParserTimedOut from None
        except OSError:
            server.end()
            if was_idle:
                continue  # it may have ended long ago
            logger.warning("the server of parsers ended while it read a file")
            raise errors.ParserCrashed from None
        if len(_idle) < IDLE_MAX:
            _idle.append(server)
        else:
            server.end()
        if status is None:
            raise errors.ParserTimedOut
        return status, peak


def _environment() -> dict[str, str]:
    """All that a parser knows about its surroundings, beside its home: no secrets, no settings, no telemetry."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "DO_NOT_TRACK": "1",
        "SCARF_NO_ANALYTICS": "true",
        # One thread each: thread pools reserve more address space than the limit allows.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_THREAD_LIMIT": "1",
    }


def _failure(status: int, complaints: IO[bytes], *, is_full: bool) -> errors.IngestionError:
    """The error that an exit status stands for. A library that gets no memory just stops: then it was full."""
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4000))
    lines = complaints.read().decode(errors="replace").splitlines() or [""]
    # Only places and the kind of error are logged: the rest may quote the document.
    kind = lines[-1].partition(":")[0]
    places = [line.strip() for line in lines if line.startswith("  File ")]
    logger.warning("parser ended with status %s (%s): %s", status, kind[:80], " / ".join(places[-4:]))
    if status == -signal.SIGXCPU:
        return errors.ParserTimedOut()
    if kind == "MemoryError" or "bad_alloc" in lines[-1] or (status < 0 and is_full):
        return errors.TooLarge(errors.OUT_OF_MEMORY)
    return errors.ParserCrashed()


def _read(answer: IO[bytes], take: Callable[[Any], object]) -> Outcome:
    """What the child wrote, which its limit on written files bounds; never more than one row of it at a time."""
    answer.seek(0)
    try:
        data = json.loads(answer.readline())
        if not isinstance(data, dict):
            raise errors.ParserCrashed
        if "error" in data:
            raise errors.from_json(data)
        for line in answer:
            take(json.loads(line))
    except ValueError:
        raise errors.ParserCrashed from None
    return Outcome(value=data["value"], isolation=Isolation(**data["isolation"]))
