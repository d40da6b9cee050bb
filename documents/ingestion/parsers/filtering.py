"""Which system calls a parser's process may make: a seccomp filter, which needs no privilege.

It refuses what reaches out of the process: networks, other people's sockets, other processes, the kernel's
large and seldom used parts. LibreOffice does not start without a local socket to be called by, so those may be
made; bind(2) and listen(2) say that they succeeded and do nothing, and connect(2) is refused.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import platform
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _DENY, _PRETEND = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
# seccomp_data: 0 number, 4 architecture, 16 and 24 the first arguments (their lower halves, little endian)
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
_AF_UNIX, _SOCK_STREAM, _TYPE_BITS = 1, 1, 0xF
_X32 = 0x40000000

# By machine: audit architecture, socket(2) and socketpair(2), bind(2) and listen(2), and what is always refused.
_SYSTEM_CALLS = {
    "x86_64": (
        0xC000003E,
        (41, 53),
        (49, 50),
        {
            "connect": 42, "setpgid": 109, "setsid": 112, "ptrace": 101, "process_vm_readv": 310,
            "process_vm_writev": 311, "process_madvise": 440, "kcmp": 312, "pidfd_getfd": 438,
            "chmod": 90, "fchmodat": 268, "fchmodat2": 452, "chown": 92, "lchown": 94, "fchownat": 260,
            "setxattr": 188, "lsetxattr": 189, "removexattr": 197, "lremovexattr": 198,
            "mount": 165, "unshare": 272, "setns": 308, "open_by_handle_at": 304, "add_key": 248,
            "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
            "io_uring_setup": 425,
        },
    ),
    "aarch64": (
        0xC00000B7,
        (198, 199),
        (200, 201),
        {
            "connect": 203, "setpgid": 154, "setsid": 157, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "process_madvise": 440, "kcmp": 272, "pidfd_getfd": 438,
            "fchmodat": 53, "fchmodat2": 452, "fchownat": 54, "setxattr": 5, "lsetxattr": 6,
            "removexattr": 14, "lremovexattr": 15, "mount": 40, "unshare": 97, "setns": 268,
            "open_by_handle_at": 265, "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280,
            "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
        },
    ),
}  # fmt: skip


def refuse_system_calls() -> bool:
    """Install the filter for this process and its children; False on machines and kernels that cannot."""
    program = prepare()
    if not program:
        return False
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = Program(len(program), ctypes.addressof(code))
    zero = ctypes.c_ulong(0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    mode = ctypes.c_ulong(_SECCOMP_MODE_FILTER)
    return bool(libc.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(filter_), zero, zero) == 0)


@functools.cache
def prepare() -> tuple[tuple[int, int, int, int], ...]:
    """The filter's program for this machine, worked out once; empty where its system calls are not known."""
    known = _SYSTEM_CALLS.get(platform.machine())
    return _program(*known) if known else ()


def _program(
    architecture: int, sockets: tuple[int, int], pretended: tuple[int, int], refused: dict[str, int]
) -> tuple[tuple[int, int, int, int], ...]:
    """The steps: operation, steps to skip if true, steps to skip if false, operand."""
    tests = [(number, "deny") for number in refused.values()]
    tests += [(number, "socket") for number in sockets] + [(number, "pretend") for number in pretended]
    head = 4
    socket = head + len(tests) + 1
    pretend, deny, allow = socket + 5, socket + 6, socket + 7
    targets = {"deny": deny, "socket": socket, "pretend": pretend}
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 0, deny - 2, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_AT_LEAST, deny - 4, 0, _X32),  # another calling convention of x86_64, with other numbers
    ]
    for position, (number, target) in enumerate(tests, start=head):
        steps.append((_JUMP_EQUAL, targets[target] - position - 1, 0, number))
    steps += [
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_EQUAL, 0, deny - socket - 2, _AF_UNIX),
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, _TYPE_BITS),
        (_JUMP_EQUAL, allow - socket - 5, deny - socket - 5, _SOCK_STREAM),
        (_RETURN, 0, 0, _PRETEND),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return tuple(steps)
