"""Ingestion end to end, and who may work on a version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from documents import reading_again, tasks, uploads
from documents.access import restrict
from documents.ingestion import lease, pipeline
from documents.models import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    Collection,
    Document,
    Extraction,
    IndexVersion,
    IngestionRun,
)
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Every employee has 27 days of annual leave in a calendar year."
State = IngestionRun.State


@pytest.fixture
def shared(collection: Callable[..., Collection], owner: User, reader: User) -> Collection:
    return collection(owners=[owner], readers=[reader])


@pytest.fixture
def upload(shared: Collection, owner: User, queued: list[int]) -> Callable[..., IngestionRun]:
    def make(name: str = "a.txt", content: str | bytes = TEXT) -> IngestionRun:
        data = content.encode() if isinstance(content, str) else content
        return uploads.accept(shared, name=name, content=data, by=owner).version.run

    return make


def again(run: IngestionRun) -> IngestionRun:
    return IngestionRun.objects.get(pk=run.pk)


def silence(run: IngestionRun) -> None:
    """As if its worker had been killed a while ago."""
    IngestionRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(("conflicts", "state"), [(2, State.READY), (3, State.FAILED)])
def test_a_stage_that_met_another_transaction_is_taken_again(
    upload: Callable[..., IngestionRun], monkeypatch: pytest.MonkeyPatch, conflicts: int, state: str
) -> None:
    run, left = upload(), [conflicts]
    *before, (last, step) = pipeline.STAGES

    def meets_others(run: IngestionRun, work: pipeline.Work) -> pipeline.Work:
        if left[0]:
            left[0] -= 1
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = 'deadlock_detected'; END $$")
        return step(run, work)

    monkeypatch.setattr(pipeline, "STAGES", (*before, (last, meets_others)))
    pipeline.advance(run.version_id)

    assert again(run).state == state


def test_a_file_goes_through_every_stage(upload: Callable[..., IngestionRun]) -> None:
    run = upload()
    assert pipeline.advance(run.version_id) == ()

    done = again(run)
    assert (done.state, done.stage, done.attempts, done.failure) == (State.READY, "index", 1, "")
    assert set(done.stage_ms) == {stage.value for stage in IngestionRun.Stage}
    assert done.finished_at is not None
    extraction = Extraction.objects.get()
    assert (extraction.is_current, extraction.redaction, extraction.language) == (True, "none", "en")
    assert done.version.document.current_version == done.version
    assert Chunk.objects.count() == ChunkEmbedding.objects.count() == ChunkLexemes.objects.count() == 1
    assert IndexVersion.objects.get(is_live=True).is_stale


def test_advancing_what_is_done_changes_nothing(upload: Callable[..., IngestionRun]) -> None:
    run = upload()
    pipeline.advance(run.version_id)
    chunk, finished = Chunk.objects.get().pk, again(run).finished_at
    pipeline.advance(run.version_id)
    pipeline.advance(10**9)

    assert (Chunk.objects.get().pk, again(run).finished_at) == (chunk, finished)


def test_indexing_twice_leaves_every_passage_once(upload: Callable[..., IngestionRun]) -> None:
    run = upload()
    pipeline.advance(run.version_id)
    IngestionRun.objects.filter(pk=run.pk).update(state=State.QUEUED)
    pipeline.advance(run.version_id)

    assert again(run).state == State.READY
    assert Extraction.objects.count() == 1
    assert Chunk.objects.count() == ChunkEmbedding.objects.count() == ChunkLexemes.objects.count() == 1


def test_work_is_claimed_by_one_worker_at_a_time(upload: Callable[..., IngestionRun]) -> None:
    run = upload()
    first = lease.claim(run.version_id)

    assert first is not None
    assert lease.claim(run.version_id) is None
    silence(run)
    second = lease.claim(run.version_id)
    assert second is not None
    assert second.attempts == 2


def test_a_worker_that_lost_its_lease_writes_nothing(
    upload: Callable[..., IngestionRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload()
    embed = pipeline.embed.embed

    def fall_asleep(*args: Any, **fields: Any) -> Any:
        silence(run)
        assert lease.claim(run.version_id) is not None
        return embed(*args, **fields)

    monkeypatch.setattr(pipeline.embed, "embed", fall_asleep)
    pipeline.advance(run.version_id)

    assert again(run).state == State.RUNNING
    assert not Chunk.objects.exists()


def test_the_heartbeat_keeps_the_lease(upload: Callable[..., IngestionRun], settings: Any) -> None:
    settings.INGEST_LEASE_S = 0.3
    run = lease.claim(upload().version_id)
    assert run is not None
    with lease.heartbeat(run):
        before = again(run).heartbeat_at
        for _ in range(200):
            if again(run).heartbeat_at != before:
                break
    assert again(run).heartbeat_at > before


def test_a_retry_goes_on_after_what_was_kept(
    upload: Callable[..., IngestionRun], owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload()

    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as broken:
        broken.setattr(pipeline.embed, "embed", break_down)
        pipeline.advance(run.version_id)
    failed = again(run)
    assert (failed.state, failed.stage, failed.failure) == (State.FAILED, "embed", pipeline.UNEXPECTED)
    kept = Extraction.objects.get().pk

    reading_again.retry(failed.version, by=owner)
    monkeypatch.setattr(pipeline.parse, "parse", break_down)
    pipeline.advance(run.version_id)
    assert again(run).state == State.READY
    assert Extraction.objects.get().pk == kept


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", b"%PDF-1.7 broken"), ("a.txt", b"1\n2"), ("a.docx", b"PK\x03\x04 no")]
)
def test_a_file_that_cannot_be_read_fails_with_a_reason(
    upload: Callable[..., IngestionRun], name: str, content: bytes
) -> None:
    run = upload(name, content)
    pipeline.advance(run.version_id)

    failed = again(run)
    assert failed.state == State.FAILED
    assert failed.failure
    assert failed.hint
    assert failed.failure != pipeline.UNEXPECTED
    assert not Chunk.objects.exists()


def test_runs_of_silent_workers_are_queued_again_and_given_up_after_three(
    upload: Callable[..., IngestionRun], settings: Any
) -> None:
    run = upload()
    for attempt in range(1, settings.INGEST_MAX_ATTEMPTS + 1):
        claimed = lease.claim(run.version_id)
        assert claimed is not None
        assert claimed.attempts == attempt
        silence(run)
        assert lease.requeue_expired() == ([run.version_id] if attempt < settings.INGEST_MAX_ATTEMPTS else [])
    assert (again(run).state, again(run).failure) == (State.FAILED, lease.GAVE_UP)
    assert lease.claim(run.version_id) is None


def test_a_lost_message_is_sent_again_but_not_at_every_sweep(
    upload: Callable[..., IngestionRun], queued: list[int]
) -> None:
    run = upload()
    assert lease.requeue_expired() == []
    IngestionRun.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(hours=1))

    queued.clear()
    tasks.requeue_expired()
    assert queued == [run.version_id]
    tasks.requeue_expired()
    assert queued == [run.version_id]


def test_readers_keep_the_old_version_until_the_new_one_is_ready(
    upload: Callable[..., IngestionRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = upload()
    pipeline.advance(first.version_id)
    second = upload(content=TEXT.replace("27", "30"))
    seen: list[str] = []
    publish = pipeline.index.publish

    def look_then_publish(**fields: Any) -> Any:
        seen.extend(Chunk.objects.values_list("text", flat=True))
        return publish(**fields)

    monkeypatch.setattr(pipeline.index, "publish", look_then_publish)
    pipeline.advance(second.version_id)

    assert "27" in seen[0]
    assert "30" in Chunk.objects.get(version=second.version).text
    assert Document.objects.get().current_version == second.version
    assert Extraction.objects.filter(is_current=True).count() == 2


def test_an_older_version_that_finishes_last_does_not_replace_the_newer(
    upload: Callable[..., IngestionRun],
) -> None:
    first, second = upload(), upload(content=TEXT.replace("27", "30"))
    pipeline.advance(second.version_id)
    pipeline.advance(first.version_id)

    assert Document.objects.get().current_version == second.version
    assert "27" in Chunk.objects.get(version=first.version).text
    assert again(first).state == State.READY


def test_passages_that_did_not_change_keep_their_vectors(
    upload: Callable[..., IngestionRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.advance(upload().version_id)
    asked: list[str] = []
    monkeypatch.setattr(
        pipeline.embed.embedding,
        "embed_passages",
        lambda texts, *args, **kwargs: asked.extend(texts) or [None] * len(texts),
    )
    # The path is another, the title and so the context are the same.
    run = upload("copies/a.txt")
    pipeline.advance(run.version_id)

    assert again(run).state == State.READY
    assert asked == []


def mail(*attachments: tuple[str, str], body: str = TEXT) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Leave", "ann@example.org", "bob@example.org"
    message.set_content(body)
    for name, content in attachments:
        message.add_attachment(content.encode(), maintype="text", subtype="plain", filename=name)
    return message.as_bytes()


def test_attachments_become_documents_below_the_e_mail(
    upload: Callable[..., IngestionRun], owner: User, reader: User
) -> None:
    run = upload(
        "mail.eml",
        mail(
            ("plan.txt", "The plan for the winter shutdown of the works."),
            ("plan.txt", "Another plan, of the summer shutdown."),
        ),
    )
    waiting = pipeline.advance(run.version_id)
    for version in waiting:
        pipeline.advance(version)

    paths = list(Document.objects.order_by("path").values_list("path", flat=True))
    assert paths == ["mail.eml", "mail.eml/plan (2).txt", "mail.eml/plan.txt"]
    assert set(IngestionRun.objects.values_list("state", flat=True)) == {State.READY}
    child = Document.objects.get(path="mail.eml/plan.txt")
    assert child.parent == run.version.document
    restrict(run.version.document, by=owner)
    with pytest.raises(uploads.UploadRefused):
        uploads.replace(child, content=b"other", by=owner)


def test_a_new_e_mail_keeps_equal_attachments_and_drops_the_others(
    upload: Callable[..., IngestionRun],
) -> None:
    stays, goes = ("stays.txt", "The plan for the winter shutdown."), ("goes.txt", "The plan for the summer shutdown.")
    for version in pipeline.advance(upload("m.eml", mail(stays, goes)).version_id):
        pipeline.advance(version)
    new = upload("m.eml", mail(stays, body="Another body of this message, with its plans."))

    assert pipeline.advance(new.version_id) == ()
    assert set(Document.objects.values_list("path", flat=True)) == {"m.eml", "m.eml/stays.txt"}


def test_removing_an_e_mail_removes_its_attachments(upload: Callable[..., IngestionRun], owner: User) -> None:
    run = upload("m.eml", mail(("a.txt", "The plan for the winter shutdown.")))
    for version in pipeline.advance(run.version_id):
        pipeline.advance(version)

    assert uploads.remove(run.version.document, by=owner).documents == 2
    assert not Chunk.objects.exists()
