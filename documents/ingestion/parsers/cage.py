"""The limits a parser's process puts on itself before it touches a file. Linux; on others only limits hold."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from typing import Literal

from documents.ingestion.types import Limits

Isolation = Literal["namespace", "filter", ""]

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _DENY = 0x7FFF0000, 0x00050000 | errno.EACCES
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# machine -> (audit architecture, number of socket(2), number of io_uring_setup(2))
_SYSTEM_CALLS = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}


def limit_resources(limits: Limits) -> None:
    """Bound memory, processor time, file sizes and open files; leave no core dump."""
    # The soft limit on time raises SIGXCPU, which ends a process that does not handle it; the hard one kills.
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 2),
        (resource.RLIMIT_FSIZE, limits.written_bytes, limits.written_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def isolate_network() -> Isolation:
    """Cut this process and its children off every network; the empty string if that is impossible here.

    First choice is an empty network namespace. Containers often forbid making one; there a system call
    filter refuses every socket but local ones, which needs no privilege.
    """
    if not sys.platform.startswith("linux"):
        return ""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        _keep_identity(uid, gid)
        return "namespace"
    if libc.unshare(_CLONE_NEWNET) == 0:
        return "namespace"
    return "filter" if _refuse_sockets(libc) else ""


def _keep_identity(uid: int, gid: int) -> None:
    """Stay the same user inside the new namespace: unmapped, programs would see nobody."""
    for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(line)
        except OSError:
            return  # only the names of owners are lost


def _refuse_sockets(libc: ctypes.CDLL) -> bool:
    """Install a seccomp filter: socket(2) only for AF_UNIX, no io_uring, no foreign calling convention."""
    known = _SYSTEM_CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, socket_call, uring_call = known
    # seccomp_data: 0 number, 4 architecture, 16 first argument (its lower half, little endian)
    program = (
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 0, 6, architecture),
        (_LOAD, 0, 0, 0),
        (_JUMP_AT_LEAST, 4, 0, 0x40000000),  # x32 calls on x86_64
        (_JUMP_EQUAL, 3, 0, uring_call),
        (_JUMP_EQUAL, 0, 3, socket_call),
        (_LOAD, 0, 0, 16),
        (_JUMP_EQUAL, 1, 0, 1),  # AF_UNIX
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = Program(len(program), ctypes.addressof(code))
    zero = ctypes.c_ulong(0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(libc.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(filter_), zero, zero) == 0)
