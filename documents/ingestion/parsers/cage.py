"""What a parser's process takes from itself before it touches a file. Linux; on others only limits hold."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from documents.ingestion.parsers import filtering, landlock
from documents.ingestion.types import Limits

_MAPPED_BYTES = 1536 * 1024**2
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What the process is cut off: networks (and how), files that are not its own, signals to others."""

    network: Literal["namespace", "filter", ""]
    files: bool
    signals: bool


def limit_resources(limits: Limits, *, cpu_seconds: int) -> None:
    """Bound memory, processor time, file sizes and open files; leave no core dump.

    `cpu_seconds` is what this file may take; see `allow_more_time`.
    """
    # The soft limit on time raises SIGXCPU, which ends a process that does not handle it; the hard one kills.
    for kind, soft, hard in (
        # What a process writes counts, not what is mapped: programs reserve far more addresses than they use.
        (resource.RLIMIT_DATA, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_AS, limits.memory_bytes + _MAPPED_BYTES, limits.memory_bytes + _MAPPED_BYTES),
        (resource.RLIMIT_CPU, cpu_seconds, limits.cpu_seconds + 2),
        (resource.RLIMIT_FSIZE, limits.written_bytes, limits.written_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def allow_more_time(limits: Limits) -> None:
    """From now on all of the processor time that `limits` give any file: drawing and recognising pages takes long
    however small the file is."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = limits.cpu_seconds if hard == resource.RLIM_INFINITY else min(limits.cpu_seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def isolate(*, home: Path, readable: Iterable[Path], in_namespace: bool) -> Isolation:
    """Cut this process and its children off networks, sockets, other processes and all files but a few.

    `home` may be written, `readable` and the installed programs may be read (`landlock`). The network went with
    an empty namespace where one may be made (`enter_network`); the system call filter (`filtering`) refuses it as
    well. Neither Landlock nor the filter needs a privilege, so containers and ordinary users get them too.
    """
    if not sys.platform.startswith("linux"):
        return Isolation(network="", files=False, signals=False)
    files = landlock.restrict(home=home, readable=readable)
    filtered = filtering.refuse_system_calls()
    return Isolation(
        network="namespace" if in_namespace else "filter" if filtered else "",
        files=files,
        signals=files and landlock.scopes_signals(),
    )


def prepare() -> None:
    """What every cage needs and none changes, worked out before the processes are forked that close one."""
    landlock.prepare()
    filtering.prepare()


def enter_network() -> bool:
    """Move into a network of one's own, without any interface that is up; False where that is not allowed.

    For the server: making a network takes longer than reading a small file, and in one that nothing can be sent
    through its children, of which one at a time reads a file, cannot meet.
    """
    return _enter(_CLONE_NEWNET)


def enter_namespace() -> bool:
    """Give up what rights a process has over its network, and share no memory with others; False where not allowed."""
    return _enter(_CLONE_NEWIPC)


def _enter(namespace: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | namespace) == 0:
        _keep_identity(uid, gid)
        return True
    return bool(libc.unshare(namespace) == 0)


def _keep_identity(uid: int, gid: int) -> None:
    """Stay the same user inside the new namespace: unmapped, programs would see nobody."""
    for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(line)
        except OSError:
            return  # only the names of owners are lost
