"""Encrypted files: uploaded originals, page images, whatever must not lie readable on the disk.

Envelope encryption: each blob has a random 256-bit key of its own, under which its content is sealed with AES-GCM;
that key is wrapped by settings.ENCRYPTION_KEYS (Fernet keys, newest first). Rotating means putting a new key in
front and running `manage.py rotate_encryption_keys`: only the wrapped keys are written anew.
"""

import os
import re
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_MAGIC = b"RGV1"
_NONCE_BYTES = 12
_LENGTH_BYTES = 2
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class Unreadable(Exception):
    """The blob cannot be decrypted: it was changed, moved, or its encryption key is no longer configured."""


class NoKey(Exception):
    """RAGAPP_ENCRYPTION_KEYS is not set, so nothing can be encrypted. Start with bin/up, or set it."""


def encrypt(data: bytes, *, name: str = "") -> bytes:
    """`data` sealed; only `decrypt` with the same `name` opens it. Raises NoKey."""
    content_key = AESGCM.generate_key(bit_length=256)
    wrapped = _keyring(tuple(settings.ENCRYPTION_KEYS)).encrypt(content_key)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return b"".join((_header(wrapped), nonce, AESGCM(content_key).encrypt(nonce, data, _MAGIC + name.encode())))


def decrypt(blob: bytes, *, name: str = "") -> bytes:
    """What was given to `encrypt`. Raises Unreadable, NoKey."""
    wrapped, sealed = _split(blob)
    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        content_key = _keyring(tuple(settings.ENCRYPTION_KEYS)).decrypt(wrapped)
        return AESGCM(content_key).decrypt(nonce, content, _MAGIC + name.encode())
    except (InvalidToken, InvalidTag, ValueError) as error:
        raise Unreadable("It was changed, or encrypted with a key that is no longer configured.") from error


def save(key: str, data: bytes) -> None:
    """Encrypt `data` into the file `key`, replacing it as a whole or not at all; readable by this user only."""
    _write(_path(key), encrypt(data, name=key))


def load(key: str) -> bytes:
    """What was saved as `key`. Raises FileNotFoundError, Unreadable."""
    return decrypt(_path(key).read_bytes(), name=key)


def delete(key: str) -> None:
    """Remove the file `key` and folders that it leaves empty; nothing happens when it is gone already."""
    path = _path(key)
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if folder == settings.FILES_DIR:
            return
        try:
            folder.rmdir()
        except OSError:
            return


def stored() -> Iterator[str]:
    """Every saved key."""
    root: Path = settings.FILES_DIR
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(root).as_posix()


def rewrap(key: str) -> None:
    """Wrap the content key of `key` with the newest encryption key. Raises Unreadable."""
    wrapped, sealed = _split(_path(key).read_bytes())
    try:
        fresh = _keyring(tuple(settings.ENCRYPTION_KEYS)).rotate(wrapped)
    except InvalidToken as error:
        raise Unreadable("It was encrypted with a key that is no longer configured.") from error
    _write(_path(key), b"".join((_header(fresh), sealed)))


@cache
def _keyring(encryption_keys: tuple[str, ...]) -> MultiFernet:
    if not encryption_keys:
        raise NoKey("RAGAPP_ENCRYPTION_KEYS is not set. Start with bin/up, which makes a key, or set one.")
    return MultiFernet([Fernet(key) for key in encryption_keys])


def _header(wrapped: bytes) -> bytes:
    return _MAGIC + len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped


def _split(blob: bytes) -> tuple[bytes, memoryview]:
    """The wrapped key and what is sealed, which is not copied: it may be large."""
    start = len(_MAGIC) + _LENGTH_BYTES
    end = start + int.from_bytes(blob[len(_MAGIC) : start], "big")
    if not blob.startswith(_MAGIC) or len(blob) < end + _NONCE_BYTES:
        raise Unreadable("It is not a file of the vault, or it was cut off.")
    return blob[start:end], memoryview(blob)[end:]


def _path(key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key: use letters, digits, '.', '_', '-' and single '/' between names.")
    root: Path = settings.FILES_DIR
    return root / key


def _write(path: Path, blob: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
