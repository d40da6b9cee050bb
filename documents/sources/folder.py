"""Folders of the server, below those that its administrator named: listed and read without following links."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

FILES_MAX = 100_000


class FolderRefused(Exception):
    """`message` says what is wrong with the folder, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


class FileGone(Exception):
    """The file is no longer there, or no longer a file."""


class FileUnreadable(Exception):
    """The file is there, and cannot be read."""


def allowed_folders() -> list[Path]:
    """The folders below which one may be chosen."""
    return [Path(os.path.realpath(folder)) for folder in settings.SYNC_FOLDERS]


def checked(folder: str) -> Path:
    """The real path of `folder`, which lies below an allowed one. Raises FolderRefused."""
    real = Path(os.path.realpath(folder))
    if not os.path.isabs(folder) or not any(real.is_relative_to(allowed) for allowed in allowed_folders()):
        raise FolderRefused(
            "This folder may not be read.", "An administrator can name it, or one above it, in RAGAPP_SYNC_FOLDERS."
        )
    if not real.is_dir() or not os.access(real, os.R_OK | os.X_OK):
        raise FolderRefused("This folder is not there, or cannot be read.", "Check that it is mounted, and its rights.")
    return real


def files_in(root: Path) -> Iterator[str]:
    """Paths of the files below `root`, relative to it. Hidden ones, links and special files are left out."""
    count = 0

    def give_up(error: OSError) -> None:
        # A folder that cannot be listed must not look like an empty one.
        raise FolderRefused(f"The folder {error.filename} cannot be read.", "Check its rights, and try again.")

    for above, folders, names, descriptor in os.fwalk(root, onerror=give_up, follow_symlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not _is_file(name, descriptor):
                continue
            count += 1
            if count > FILES_MAX:
                raise FolderRefused(f"There are more than {FILES_MAX} files.", "Choose a folder further down.")
            yield (Path(above) / name).relative_to(root).as_posix()


def state_of(root: Path, relative: str) -> str:
    """Size and time of change of a file, in one text. Raises FileGone, FileUnreadable."""
    with _opened(root, relative) as file:
        found = os.fstat(file)
        return f"{found.st_size}-{found.st_mtime_ns}"


def read(root: Path, relative: str, *, most: int) -> bytes:
    """The first `most` bytes of a file. Raises FileGone, FileUnreadable."""
    with _opened(root, relative) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read(most)


@contextmanager
def _opened(root: Path, relative: str) -> Iterator[int]:
    """A descriptor of the file, reached folder by folder: a link that was put in the way is not followed."""
    if ".." in relative.split("/"):
        raise FileGone
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, name = relative.split("/")
        for folder in folders:
            below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        os.close(at)
        at = file
        if not stat.S_ISREG(os.fstat(at).st_mode):
            raise FileGone
        yield at
    except OSError as error:
        is_gone = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
        raise (FileGone if is_gone else FileUnreadable) from error
    finally:
        os.close(at)


def _is_file(name: str, descriptor: int) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode)
    except OSError:
        return False
