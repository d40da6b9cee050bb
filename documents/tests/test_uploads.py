"""Putting documents in and taking them away."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from documents import reading_again, storage, uploads
from documents.access import documents_for, readable_documents, restrict
from documents.ingestion import lease, pipeline
from documents.lineage import documents_removed
from documents.models import (
    AccessList,
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    Collection,
    Document,
    DocumentVersion,
    Extraction,
    IngestionRun,
    Level,
)
from documents.uploads import UploadRefused
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent
from ragapp.privacy import vault

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = b"Every employee has 27 days of annual leave in a calendar year."


def stored_files() -> list[Path]:
    return [path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()]


@pytest.fixture
def shared(collection: Callable[..., Collection], reader: User, contributor: User, owner: User) -> Collection:
    return collection(readers=[reader], contributors=[contributor], owners=[owner])


def test_an_upload_is_encrypted_audited_and_queued(shared: Collection, contributor: User, queued: list[int]) -> None:
    accepted = uploads.accept(shared, name="people/leave.txt", content=ContentFile(TEXT), by=contributor)

    assert accepted.document.path == "people/leave.txt"
    assert (accepted.version.number, accepted.is_unchanged) == (1, False)
    assert vault.load(accepted.version.storage_key) == TEXT
    assert queued == [accepted.version.pk]
    assert accepted.version.run.state == IngestionRun.State.QUEUED
    assert AuditEvent.objects.filter(event="document_uploaded", target_id=str(accepted.document.pk)).exists()


def test_the_same_bytes_again_are_no_work(shared: Collection, contributor: User, queued: list[int]) -> None:
    first = uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    again = uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)

    assert again.is_unchanged
    assert again.version == first.version
    assert queued == [first.version.pk]
    assert len(stored_files()) == 1


def test_the_same_path_with_other_bytes_is_a_new_version(
    shared: Collection, contributor: User, queued: list[int]
) -> None:
    uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    second = uploads.accept(shared, name="./a.txt", content=TEXT + b" Really.", by=contributor)

    assert second.version.number == 2
    assert Document.objects.count() == 1
    assert AuditEvent.objects.filter(event="document_replaced").count() == 1


def test_the_same_bytes_under_another_path_are_reported(
    shared: Collection, contributor: User, queued: list[int]
) -> None:
    uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)

    assert uploads.accept(shared, name="b.txt", content=TEXT, by=contributor).same_as == "a.txt"


def test_a_copy_of_what_the_uploader_may_not_read_is_not_reported(
    shared: Collection, contributor: User, owner: User, queued: list[int]
) -> None:
    secret = uploads.accept(shared, name="a.txt", content=TEXT, by=owner).document
    restrict(secret, by=owner)

    assert uploads.accept(shared, name="b.txt", content=TEXT, by=contributor).same_as == ""


def test_a_path_that_the_uploader_may_not_know_of_is_taken_as_free_and_publishes_nothing(
    shared: Collection, contributor: User, owner: User, reader: User, queued: list[int]
) -> None:
    secret = uploads.accept(shared, name="pay.txt", content=TEXT, by=owner).document
    restrict(secret, by=owner)

    first = uploads.accept(shared, name="pay.txt", content=b"Pay of the year before.", by=contributor)
    again = uploads.accept(shared, name="pay.txt", content=b"Pay of this year.", by=contributor)

    assert (first.document.path, first.version.number, first.is_unchanged) == ("pay.txt", 1, False)
    assert (again.document, again.version.number) == (first.document, 2)
    assert secret.versions.count() == 1
    # As after any first upload: theirs to change, and beside them only for who reads the other.
    assert documents_for(contributor, Level.CONTRIBUTOR).filter(pk=first.document.pk).exists()
    assert readable_documents(owner).filter(path="pay.txt").count() == 2
    assert not readable_documents(reader).filter(path="pay.txt").exists()
    # Who reads both replaces the one that fewer people read.
    assert uploads.accept(shared, name="pay.txt", content=b"Pay of next year.", by=owner).document == secret


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a\\b\\c.txt", "a/b/c.txt"),
        ("/etc/passwd.txt", "etc/passwd.txt"),
        ("re\u0301sume\u0301.txt", "résumé.txt"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("  spaced   out .txt ", "spaced out .txt"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("ü" * 200 + ".txt", "ü" * 125 + ".txt"),
    ],
)
def test_names_are_made_plain(name: str, path: str) -> None:
    assert uploads.plain_path(name) == path


@pytest.mark.parametrize("name", ["../a.txt", "a/../../b.txt", "", "///", "\x00", "/".join(["folder" * 20] * 6)])
def test_names_that_lead_out_or_nowhere_are_refused(name: str) -> None:
    with pytest.raises(UploadRefused):
        uploads.plain_path(name)


def test_empty_and_oversized_files_are_refused(
    shared: Collection, contributor: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAX_UPLOAD_MB", 1)
    for content in (b"", b"x" * (1024 * 1024 + 1)):
        with pytest.raises(UploadRefused):
            uploads.accept(shared, name="a.txt", content=content, by=contributor)
    assert not queued
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a", lzma.compress(b"a")),
        ("a", bz2.compress(b"a")),
        ("a", gzip.compress(b"a")),
        ("a", b"a" * 257 + b"ustar\0"),
        ("a.tar.xz", b""),
        ("a.TBZ2", b""),
    ],
    ids=["xz", "bzip2", "gzip", "tar", "tar.xz by name", "tar.bz2 by name"],
)
def test_an_archive_is_told_by_how_it_begins_or_is_called(name: str, content: bytes) -> None:
    with pytest.raises(UploadRefused, match="archive"):
        uploads.refuse_unreadable(name, content)


def test_a_name_of_any_length_is_cut_to_what_file_systems_take_and_keeps_its_kind() -> None:
    plain = storage.plain_name("ä" * 60_000 + ".txt")

    assert plain.endswith("ä.txt")
    assert len(plain.encode()) == storage.NAME_MAX_BYTES - 1
    assert len(storage.plain_name("a." + "b" * 60_000)) == storage.NAME_MAX_BYTES


def test_a_reader_changes_nothing(
    shared: Collection, reader: User, contributor: User, stranger: User, queued: list[int]
) -> None:
    document = uploads.accept(shared, name="a.txt", content=TEXT, by=contributor).document
    for who in (reader, stranger):
        with pytest.raises(UploadRefused):
            uploads.accept(shared, name="b.txt", content=TEXT, by=who)
        with pytest.raises(UploadRefused):
            uploads.replace(document, content=b"other", by=who)
        with pytest.raises(UploadRefused):
            reading_again.retry(document.versions.get(), by=who)
    with pytest.raises(UploadRefused):
        uploads.remove(document, by=contributor)
    with pytest.raises(UploadRefused):
        uploads.remove_collection(shared, by=contributor)


def test_a_file_that_could_not_be_recorded_leaves_nothing_behind(
    shared: Collection, contributor: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(IngestionRun.objects, "create", refuse)
    with pytest.raises(RuntimeError):
        uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    assert stored_files() == []
    assert not DocumentVersion.objects.exists()


def test_removing_takes_everything_and_gives_a_receipt(
    shared: Collection, contributor: User, owner: User, add: Callable[..., Document]
) -> None:
    document = add(shared, "a.txt", TEXT, by=contributor)
    document = add(shared, "a.txt", TEXT + b" Really.", by=contributor)
    restrict(document, by=owner)
    heard: list[Any] = []

    def listen(**event: Any) -> None:
        heard.extend(event["document_ids"])

    documents_removed.connect(listen)
    receipt = uploads.remove(document, by=owner)

    assert heard == [document.pk]
    assert receipt == uploads.Receipt(
        documents=1, versions=2, extractions=2, passages=2, vectors=2, lexical_rows=2, files=2
    )
    assert stored_files() == []
    for model in (Document, DocumentVersion, Extraction, Chunk, ChunkEmbedding, ChunkLexemes, IngestionRun):
        assert not model._default_manager.exists()
    assert AccessList.objects.count() == 1
    assert AuditEvent.objects.get(event="document_deleted").details["receipt"]["versions"] == 2


def test_removing_a_collection_takes_its_documents_and_list(
    shared: Collection, contributor: User, owner: User, add: Callable[..., Document]
) -> None:
    restrict(add(shared, "a.txt", TEXT, by=contributor), by=owner)
    receipt = uploads.remove_collection(shared, by=owner)

    assert receipt.documents == 1
    assert not Collection.objects.exists()
    assert not AccessList.objects.exists()


def test_a_document_removed_in_mid_ingest_does_not_come_back(
    shared: Collection, contributor: User, owner: User, queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = uploads.accept(shared, name="a.txt", content=TEXT, by=contributor)
    embed = pipeline.embed.embed

    def remove_then_embed(*args: Any, **fields: Any) -> Any:
        uploads.remove(accepted.document, by=owner)
        return embed(*args, **fields)

    monkeypatch.setattr(pipeline.embed, "embed", remove_then_embed)
    pipeline.advance(accepted.version.pk)

    for model in (Document, Extraction, Chunk, ChunkEmbedding, ChunkLexemes, IngestionRun):
        assert not model._default_manager.exists()


def test_a_failed_ingestion_can_be_started_again(shared: Collection, contributor: User, queued: list[int]) -> None:
    version = uploads.accept(shared, name="a.txt", content=TEXT, by=contributor).version
    IngestionRun.objects.filter(version=version).update(
        state=IngestionRun.State.FAILED, stage=IngestionRun.Stage.EMBED, attempts=3, failure="The model is away."
    )

    reading_again.retry(version, by=contributor)
    assert queued == [version.pk, version.pk]
    again = lease.claim(version.pk)
    assert again is not None
    assert again.attempts == 1
