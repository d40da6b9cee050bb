"""Generated passwords and keys: one value per file, 0600, made once."""

import base64
import os
import secrets
from pathlib import Path


def kept(folder: Path, name: str) -> str:
    """The value in `folder/name`; made at random the first time."""
    return _kept(folder / name, secrets.token_urlsafe(48))


def kept_encryption_key(folder: Path, name: str) -> str:
    """As `kept`, in the form Fernet expects: 32 random bytes, URL-safe base64."""
    return _kept(folder / name, base64.urlsafe_b64encode(os.urandom(32)).decode())


def _kept(path: Path, fresh: str) -> str:
    try:
        if value := path.read_text().strip():
            return value
        path.unlink()  # a start that was cut off left it empty
    except FileNotFoundError:
        pass
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return fresh
