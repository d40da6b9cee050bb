"""What the API sends and takes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema

from ragapp.api.problems import Problem

REFUSALS = {code: Problem for code in (400, 401, 403, 404, 413, 422, 429)}


class CollectionOut(Schema):
    """`level` is what the token's owner may do here: 1 reads, 2 adds and replaces, 3 shares and deletes."""

    id: int
    name: str
    description: str
    level: int
    documents: int


class VersionOut(Schema):
    """`state`: queued, running, held, ready or failed; with failed, `failure` says why and `hint` what to do.

    `sha256` and `size_bytes` are null where the original is withheld, since its text was redacted.
    """

    number: int
    is_current: bool
    state: str
    stage: str
    attempts: int
    failure: str
    hint: str
    warnings: list[str]
    sha256: str | None
    size_bytes: int | None
    filename: str
    media_type: str
    uploaded_at: datetime
    valid_from: date | None
    valid_to: date | None


class DocumentOut(Schema):
    """`version` is the one that answers questions, `newest` the last one that was uploaded."""

    id: UUID
    collection: int
    path: str
    title: str
    tags: list[str]
    version: int | None
    newest: VersionOut | None
    updated_at: datetime


class DocumentsOut(Schema):
    """One page of a list; `next` is the `after` of the next one, or null."""

    items: list[DocumentOut]
    next: str | None


class ChangeOut(Schema):
    """What became of a file. `same_as`: the path of another document with the same bytes."""

    change: Literal["added", "changed", "unchanged", "retried"]
    same_as: str
    document: DocumentOut


class DescribeIn(Schema):
    """What is left out stays as it is. The dates are those of the version that answers, else of the newest."""

    tags: list[Annotated[str, Field(max_length=200)]] | None = Field(default=None, max_length=100)
    valid_from: date | None = None
    valid_to: date | None = None


class ReceiptOut(Schema):
    """What a withdrawal took away, at once and everywhere."""

    documents: int
    versions: int
    extractions: int
    passages: int
    vectors: int
    lexical_rows: int
    files: int


class FileIn(Schema):
    """A file that might be uploaded: its path in the collection and the SHA-256 of its bytes."""

    path: str = Field(max_length=4000)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0, le=2**40)


class CompareIn(Schema):
    files: list[FileIn] = Field(max_length=1000)


class PlannedOut(Schema):
    """What uploading a file would do."""

    path: str
    change: Literal["added", "changed", "unchanged", "retried", "refused"]
    same_as: str
    reason: str


class CompareOut(Schema):
    files: list[PlannedOut]


class RefusalOut(Schema):
    path: str
    reason: str


class IncomingOut(Schema):
    """A large file or an archive on its way. `refusals` are the first thousand."""

    id: UUID
    name: str
    state: str
    is_archive: bool
    is_dry_run: bool
    size_bytes: int
    received_bytes: int
    files: int
    counts: dict[str, int]
    refusals: list[RefusalOut]
    failure: str
    hint: str
    document: UUID | None
    expires_at: datetime
