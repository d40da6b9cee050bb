"""Files out of a file, a folder or an archive, one at a time and with bounds."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FILES_MAX = 50_000
UNPACKED_MAX_BYTES = 20 * 1024**3
# A member may be this many times larger than what it takes in the archive, above a size that cannot hurt.
RATIO_MAX, RATIO_FROM_BYTES = 200, 50 * 1024**2
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file under its path relative to what was given; `refused` says why its bytes were not read."""

    path: str
    content: bytes = b""
    refused: str = ""


class UnreadableArchive(Exception):
    """The archive is damaged or needs a password."""


def files_of(source: Path, *, most_bytes: int) -> Iterator[Found]:
    """The files of `source`, hidden ones and links left out. A file larger than `most_bytes` is refused unread.

    Raises UnreadableArchive. An archive is one by its name: an office document is a zip file, too.
    """
    if source.is_dir():
        yield from _folder(source, most_bytes)
    elif source.name.lower().endswith(ARCHIVES):
        yield from _archive(source, most_bytes)
    else:
        yield _file(source, source.name, most_bytes)


def _folder(root: Path, most_bytes: int) -> Iterator[Found]:
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and not path.is_symlink() and not _hidden(relative):
            yield _file(path, relative, most_bytes)


def _file(path: Path, name: str, most_bytes: int) -> Found:
    if path.stat().st_size > most_bytes:
        return Found(path=name, refused=_too_large(most_bytes))
    return Found(path=name, content=path.read_bytes())


def _archive(source: Path, most_bytes: int) -> Iterator[Found]:
    read = _zip if source.name.lower().endswith(".zip") else _tar
    try:
        yield from _bounded(read(source, most_bytes))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        # RuntimeError is how zipfile asks for a password, NotImplementedError how it names a method it lacks.
        raise UnreadableArchive(f"{source.name} cannot be read: {error}") from error


def _bounded(members: Iterator[Found]) -> Iterator[Found]:
    total = 0
    for number, found in enumerate(members, start=1):
        total += len(found.content)
        if number > FILES_MAX or total > UNPACKED_MAX_BYTES:
            raise UnreadableArchive("The archive holds more than may be unpacked at once. Split it.")
        yield found


def _zip(source: Path, most_bytes: int) -> Iterator[Found]:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            # The upper half of the external attributes are the Unix mode; 0o120000 is a link.
            is_link = (member.external_attr >> 28) == 0o12
            if member.is_dir() or is_link or _hidden(member.filename):
                continue
            if refused := _refused(member.filename, member.file_size, member.compress_size, most_bytes):
                yield Found(path=member.filename, refused=refused)
                continue
            with archive.open(member) as file:
                yield _read(member.filename, file.read(most_bytes + 1), most_bytes)


def _tar(source: Path, most_bytes: int) -> Iterator[Found]:
    with tarfile.open(source, "r:*") as archive:
        for member in archive:
            if not member.isreg() or _hidden(member.name):
                continue
            if refused := _refused(member.name, member.size, member.size, most_bytes):
                yield Found(path=member.name, refused=refused)
                continue
            file = archive.extractfile(member)
            if file is not None:
                yield _read(member.name, file.read(most_bytes + 1), most_bytes)


def _read(name: str, content: bytes, most_bytes: int) -> Found:
    # What the archive says about sizes is not to be believed.
    return (
        Found(path=name, refused=_too_large(most_bytes))
        if len(content) > most_bytes
        else Found(path=name, content=content)
    )


def _refused(name: str, size: int, packed: int, most_bytes: int) -> str:
    if ".." in PurePosixPath(name.replace("\\", "/")).parts or name.startswith(("/", "\\")):
        return "Its name leads out of the archive."
    if size > most_bytes:
        return _too_large(most_bytes)
    if size > RATIO_FROM_BYTES and size > RATIO_MAX * max(1, packed):
        return "It unpacks to far more than it should."
    return ""


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in parts)


def _too_large(most_bytes: int) -> str:
    return f"It is larger than {most_bytes // 1024**2} MB."
