"""Versions of documents and their bytes: rows here, files in the vault."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePosixPath
from uuid import uuid4

from django.db import transaction
from django.db.models import Max

from documents.models import Collection, Document, DocumentVersion, Incoming, IngestionRun
from ragapp.accounts.models import User
from ragapp.privacy import vault

TITLE_MAX_CHARS, PATH_MAX_CHARS, NAME_MAX_BYTES = 300, 500, 255


def visible(text: str) -> str:
    """`text` in one line: NFC, without control and direction characters, one space between words."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return " ".join(text.split())


def plain_name(name: str) -> str:
    """A file's name alone: NFC, without folders, control and direction characters, at most 255 bytes; "" if none."""
    name = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    name = visible(name)
    if name in ("", ".", ".."):
        return ""
    if len(name.encode()) <= NAME_MAX_BYTES:
        return name
    # The kind of file is told by its last part: what stands before it is shortened.
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    room = NAME_MAX_BYTES - len(suffix.encode())
    return _cut(stem, room) + suffix if room >= 4 else _cut(name, NAME_MAX_BYTES)


def _cut(name: str, most_bytes: int) -> str:
    return name.encode()[:most_bytes].decode(errors="ignore")


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal: what makes two uploads the same."""
    return sha256(content).hexdigest()


def title_of(path: str) -> str:
    """What a document is called until its text, or a person, says otherwise."""
    return PurePosixPath(path).stem[:TITLE_MAX_CHARS] or path[:TITLE_MAX_CHARS]


def add_version(
    *,
    collection: Collection,
    path: str,
    content: bytes,
    media_type: str,
    by: User | None,
    parent: Document | None = None,
    filename: str = "",
    namesake: int = 0,
) -> tuple[DocumentVersion, bool]:
    """The bytes as the newest version of the document under `path`, waiting to be ingested; True when it is new.

    Bytes equal to the newest version's give that version. The file is safe in the vault before the row is committed,
    and is removed again when the row cannot be. `filename` is what the file was called, when not as in the path.
    `namesake` tells which one, where several have the path.
    """
    hashed = digest(content)
    key = f"originals/{uuid4().hex}"
    try:
        with transaction.atomic():
            document, _ = Document.objects.get_or_create(
                collection=collection,
                path=path,
                namesake=namesake,
                defaults={
                    "parent": parent,
                    "title": title_of(path),
                    "created_by": by,
                },
            )
            # Uploads of the same path at the same time queue here, and get numbers one after the other.
            document = Document.objects.select_for_update().get(pk=document.pk)
            newest = document.versions.first()
            if newest is not None and newest.sha256 == hashed:
                return newest, False
            last = document.versions.aggregate(last=Max("number"))["last"] or 0
            vault.save(key, content)
            version = DocumentVersion.objects.create(
                document=document,
                number=last + 1,
                sha256=hashed,
                size_bytes=len(content),
                filename=(filename or PurePosixPath(path).name)[:300],
                media_type=media_type,
                storage_key=key,
                uploaded_by=by,
            )
            IngestionRun.objects.create(version=version)
            return version, True
    except BaseException:
        vault.delete(key)
        raise


def part_keys(found: Incoming) -> list[str]:
    """Where the parts of what is arriving lie in the vault."""
    return [part_key(found, number) for number in range(len(found.part_bytes))]


def part_key(found: Incoming, number: int) -> str:
    """Where one part lies, counted from 0."""
    return f"incoming/{found.pk.hex}/{number:06d}"


def delete_files(keys: Iterable[str]) -> None:
    """Remove originals from the vault; those that are gone already are no error."""
    for key in keys:
        vault.delete(key)
