"""Files out of a file, a folder or an archive, one at a time and with bounds. What an archive says is not believed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

FILES_MAX, ENTRIES_MAX = 50_000, 200_000
UNPACKED_MAX_BYTES = 20 * 1024**3
# A member may be this many times larger than what it takes in the archive, above a size that cannot hurt; so may all.
RATIO_MAX, RATIO_FROM_BYTES, RATIO_ALL_FROM_BYTES = 200, 50 * 1024**2, 1024**3
# The list of a zip file, names and links of a tar file, and the dictionary of xz are read into memory as a whole.
ZIP_LIST_MAX_BYTES, TAR_HEADER_MAX_BYTES, XZ_MAX_BYTES = 32 * 1024**2, 64 * 1024, 256 * 1024**2
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
# LZMA inside zip takes as much memory as the file says.
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
# What the libraries raise for bytes that are no archive; NotImplementedError for a version from the future.
UNREADABLE = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, struct.error, ValueError,
    OverflowError, NotImplementedError,
)  # fmt: skip
TOO_MUCH = "The archive holds more than may be unpacked at once. Split it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file under its path relative to what was given; `refused` says why its bytes were not read."""

    path: str
    content: bytes = b""
    refused: str = ""


class UnreadableArchive(Exception):
    """The archive is damaged, or holds more than may be unpacked."""


def is_archive(name: str) -> bool:
    """By its name: an office document is a zip file, too."""
    return name.lower().endswith(ARCHIVES)


def files_of(source: Path, *, most_bytes: int) -> Iterator[Found]:
    """The files of `source`, hidden ones left out. Links and files larger than `most_bytes` are refused unread.

    Raises UnreadableArchive.
    """
    if source.is_dir():
        for path, relative in walk(source):
            yield _file(path, relative, most_bytes)
    elif is_archive(source.name):
        with source.open("rb") as file:
            yield from members_of(file, source.name, packed_bytes=source.stat().st_size, most_bytes=most_bytes)
    else:
        yield _file(source, source.name, most_bytes)


def walk(root: Path) -> Iterator[tuple[Path, str]]:
    """The files below `root` with their relative paths, folder by folder in the order of names, links left out."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        for name in sorted(names):
            path = Path(folder) / name
            if not _hidden(name) and path.is_file() and not path.is_symlink():
                yield path, path.relative_to(root).as_posix()


def members_of(file: IO[bytes], name: str, *, packed_bytes: int, most_bytes: int) -> Iterator[Found]:
    """The files of the archive called `name`, as `files_of`. `file` can be searched. Raises UnreadableArchive."""
    members = _zip if name.lower().endswith(".zip") else _tar
    most_in_all = min(UNPACKED_MAX_BYTES, max(RATIO_ALL_FROM_BYTES, RATIO_MAX * packed_bytes))
    total = 0
    try:
        for number, found in enumerate(members(file, most_bytes, most_in_all), start=1):
            total += len(found.content)
            if number > FILES_MAX or total > most_in_all:
                raise UnreadableArchive(TOO_MUCH)
            yield found
    except UNREADABLE as error:
        raise UnreadableArchive(f"{name} cannot be read: it is damaged, or no such archive.") from error


def _file(path: Path, name: str, most_bytes: int) -> Found:
    if path.stat().st_size > most_bytes:
        return Found(path=name, refused=too_large(most_bytes))
    return Found(path=name, content=path.read_bytes())


def _zip(file: IO[bytes], most_bytes: int, most_in_all: int) -> Iterator[Found]:
    if zip_list_bytes(file) > ZIP_LIST_MAX_BYTES:
        raise UnreadableArchive(TOO_MUCH)
    with zipfile.ZipFile(file) as archive:
        named = ((member, _zip_name(member)) for member in archive.infolist() if not member.is_dir())
        members = [(member, name) for member, name in named if not _hidden(name)]
        # What says itself that it is too much is refused before any of it is stored.
        said = sum(member.file_size for member, _ in members if member.file_size <= most_bytes)
        if len(members) > FILES_MAX or said > most_in_all:
            raise UnreadableArchive(TOO_MUCH)
        for member, name in members:
            if refused := _zip_refused(member, name, most_bytes):
                yield Found(path=name, refused=refused)
                continue
            try:
                with archive.open(member) as packed:
                    yield _read(name, packed.read(most_bytes + 1), most_bytes)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
                yield Found(path=name, refused=f"It is damaged: {error}")


def _zip_refused(member: zipfile.ZipInfo, name: str, most_bytes: int) -> str:
    # The upper half of the external attributes are the Unix mode; 0o120000 is a link.
    if (member.external_attr >> 28) == 0o12:
        return "It is a link."
    if member.flag_bits & 0x1:
        return "It is encrypted. Unpack it with its password, and upload what is in it."
    if member.compress_type not in ZIP_METHODS:
        return "It is packed in a way that is not read here."
    return _refused(name, member.file_size, member.compress_size, most_bytes)


def _zip_name(member: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so; what is none stays as the old encoding of zip has it."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode()
    except UnicodeError:
        return member.filename


def zip_list_bytes(file: IO[bytes]) -> int:
    """How long the list of its members is by what a zip file says; 0 where it says nothing."""
    end = file.seek(0, io.SEEK_END)
    at = file.seek(max(0, end - 65_557))
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) < found + 22:
        return 0
    size: int = struct.unpack_from("<L", tail, found + 12)[0]
    locator = found - 20
    if size == 0xFFFFFFFF and locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        file.seek(min(struct.unpack_from("<Q", tail, locator + 8)[0], at + found))
        record = file.read(56)
        size = struct.unpack_from("<Q", record, 40)[0] if len(record) == 56 else size
    return size


class _Member(tarfile.TarInfo):
    """A member whose long names and extra headers are short enough to be read into memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        long_kinds = (*tarfile.GNU_TYPES, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
        if self.type in long_kinds and self.type != tarfile.GNUTYPE_SPARSE and self.size > TAR_HEADER_MAX_BYTES:
            raise tarfile.ReadError("a header is longer than any name")
        return super()._proc_member(archive)  # type: ignore[misc]


class _Bounded(io.RawIOBase):
    """What comes out of `packed`, until that is more than it may be."""

    def __init__(self, packed: Any, most_bytes: int) -> None:
        self.packed, self.left = packed, most_bytes

    def read(self, size: int = -1) -> bytes:
        data: bytes = self.packed.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise UnreadableArchive(TOO_MUCH)
        return data


class _Xz:
    """Unpacks .xz with a bound on memory, which lzma.open does not offer."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.unpack = file, lzma.LZMADecompressor(memlimit=XZ_MAX_BYTES)

    def read(self, size: int) -> bytes:
        while not self.unpack.eof:
            packed = self.file.read(64 * 1024) if self.unpack.needs_input else b""
            data = self.unpack.decompress(packed, size)
            if data:
                return data
            if not packed and self.unpack.needs_input:
                raise EOFError("it ends too early")
        return b""


def _tar(file: IO[bytes], most_bytes: int, most_in_all: int) -> Iterator[Found]:
    beginning = file.read(6)
    file.seek(0)
    unpacked: Any = file
    if beginning.startswith(b"\x1f\x8b"):
        unpacked = gzip.GzipFile(fileobj=file)
    elif beginning.startswith(b"BZh"):
        unpacked = bz2.BZ2File(file)
    elif beginning == b"\xfd7zXZ\x00":
        unpacked = _Xz(file)
    # The mode reads strictly forwards: nothing is unpacked twice.
    with tarfile.open(fileobj=_Bounded(unpacked, most_in_all), mode="r|", tarinfo=_Member) as archive:
        for number, member in enumerate(archive):
            # Folders and hidden files count, too: each takes time, and next to nothing in the archive.
            if number > ENTRIES_MAX:
                raise UnreadableArchive(TOO_MUCH)
            # The archive remembers every member otherwise.
            archive.members = []  # type: ignore[attr-defined]
            name = _tar_name(member.name)
            if member.isdir() or _hidden(name):
                continue
            if refused := _tar_refused(member, name, most_bytes):
                yield Found(path=name, refused=refused)
                continue
            content = archive.extractfile(member)
            if content is not None:
                yield _read(name, content.read(most_bytes + 1), most_bytes)


def _tar_refused(member: tarfile.TarInfo, name: str, most_bytes: int) -> str:
    if member.issym() or member.islnk():
        return "It is a link."
    if not member.isreg() or member.issparse():
        return "It is no ordinary file."
    return _refused(name, member.size, member.size, most_bytes)


def _tar_name(name: str) -> str:
    """Bytes that are no UTF-8 came from a system with one byte per letter."""
    raw = name.encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read(name: str, content: bytes, most_bytes: int) -> Found:
    if len(content) > most_bytes:
        return Found(path=name, refused=too_large(most_bytes))
    return Found(path=name, content=content)


def _refused(name: str, size: int, packed: int, most_bytes: int) -> str:
    if ".." in PurePosixPath(name.replace("\\", "/")).parts or name.startswith(("/", "\\")):
        return "Its name leads out of the archive."
    if size > most_bytes:
        return too_large(most_bytes)
    if size > RATIO_FROM_BYTES and size > RATIO_MAX * max(1, packed):
        return "It unpacks to far more than it should."
    return ""


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in parts)


def too_large(most_bytes: int) -> str:
    """Why a file is not taken."""
    return f"It is larger than {most_bytes // 1024**2} MB."
