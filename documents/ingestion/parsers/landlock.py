"""Which files a parser's process may open: a Landlock ruleset, which needs no privilege and cannot be taken off.

Numbers and structures are those of linux/landlock.h; the system calls have the same numbers on every machine.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TCP = 1 << 0 | 1 << 1
_ABSTRACT_SOCKETS_AND_SIGNALS = 1 << 0 | 1 << 1
_FIRST_WITH_TCP, _FIRST_WITH_SCOPES = 4, 6

ROOT = Path(__file__).resolve().parents[3]
# Named one by one, and neither /etc, /usr nor /opt as a whole: sites keep their secrets and data there as well.
_SYSTEM = (
    "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64",
    "/usr/libexec", "/usr/share", "/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share",
    "/etc/alternatives", "/etc/fonts", "/etc/group", "/etc/java", "/etc/ld.so.cache", "/etc/ld.so.conf",
    "/etc/ld.so.conf.d", "/etc/libreoffice", "/etc/locale.alias", "/etc/localtime", "/etc/mime.types",
    "/etc/nsswitch.conf", "/etc/papersize", "/etc/passwd", "/etc/ssl/openssl.cnf", "/var/cache/fontconfig",
    "/var/lib/libreoffice", "/var/spool/libreoffice",
    "/proc/cpuinfo", "/proc/filesystems", "/proc/meminfo", "/proc/stat", "/proc/version",
    "/proc/sys/kernel/random", "/proc/sys/vm", "/sys/devices/system/cpu", "/sys/devices/system/node",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def version() -> int:
    """The Landlock ABI of this kernel; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION)))


def scopes_signals() -> bool:
    """Whether the ruleset also keeps signals and abstract sockets inside (Linux 6.12)."""
    return version() >= _FIRST_WITH_SCOPES


def restrict(*, home: Path, readable: Iterable[Path]) -> bool:
    """Leave this process and its children `home` to write, the programs and `readable` to read, nothing else.

    Other processes cannot be traced or read through /proc either. False where the kernel cannot do it.
    """
    abi = version()
    if abi == 0:
        return False
    handled = _rights(abi)
    attributes = struct.pack(
        "QQQ",
        handled,
        _TCP if abi >= _FIRST_WITH_TCP else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= _FIRST_WITH_SCOPES else 0,
    )
    # Older kernels know a shorter structure and take a longer one only if the rest is zero, which it is.
    ruleset = _system_call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    if ruleset < 0:
        return False
    try:
        for path, is_folder in _programs():
            _allow(ruleset, path, handled & (_READ if is_folder else _READ & _OF_FILES))
        for path in readable:
            _allow(ruleset, path, handled & _READ & _OF_FILES)
        for device in _DEVICES:
            _allow(ruleset, device, handled & _OF_FILES & ~_EXECUTE)
        _allow(ruleset, home, handled & ~(_MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE))
        if _libc().prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
            return False
        return _system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0)) == 0
    finally:
        os.close(ruleset)


def _rights(abi: int) -> int:
    """Every right over files that this ABI knows: 13 at first, then renaming, truncating and ioctl."""
    return (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1


def prepare() -> None:
    """Look up what every ruleset names, so that a process that is forked from this one has it."""
    _libc()
    _programs()


@functools.cache
def _programs() -> tuple[tuple[str | Path, bool], ...]:
    """The system's programs, Python with its packages, and the code of the parsers; whether each is a folder."""
    found = dict.fromkeys(os.path.realpath(path) for path in _named())
    return tuple((path, os.path.isdir(path)) for path in found if os.path.exists(path))


def _named() -> Iterator[str | Path]:
    yield from _SYSTEM
    yield from _python()
    for name in ("soffice", "tesseract"):
        if program := shutil.which(name):
            folder = Path(program).resolve().parent
            yield folder.parent if folder.name == "program" else folder  # LibreOffice below /opt
    if tesseract_data := os.environ.get("TESSDATA_PREFIX"):
        yield Path(tesseract_data)
    yield ROOT / "documents" / "__init__.py"
    yield ROOT / "documents" / "ingestion"


def _python() -> tuple[str, ...]:
    """Where Python and its packages are."""
    below = ("bin", "lib", "lib64", "share", "pyvenv.cfg")
    places = [os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix) for name in below]
    places += [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(dict.fromkeys(places))


def _allow(ruleset: int, path: str | Path, rights: int) -> None:
    """Add a rule; what does not exist here needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rule = struct.pack("=Qi", rights, place)
        _system_call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint(0))
    finally:
        os.close(place)


def _system_call(number: int, *arguments: object) -> int:
    return int(_libc().syscall(ctypes.c_long(number), *arguments))


@functools.cache
def _libc() -> ctypes.CDLL:
    """Looked up once: a ruleset takes a hundred system calls."""
    return ctypes.CDLL(None, use_errno=True)
