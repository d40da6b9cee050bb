"""Older versions that answer again, and from when to when a version holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from documents import versions
from documents.ingestion import pipeline
from documents.lineage import traces_of
from documents.models import Chunk, ChunkEmbedding, Collection, Document, DocumentVersion, IngestionRun
from documents.retrieval.search import search
from documents.retrieval.types import Query
from documents.versions import VersionRefused
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
OLD = "Every employee has 27 days of annual leave in a calendar year."
NEW = "Every employee has 30 days of annual leave in a calendar year."


@pytest.fixture
def leave(
    collection: Callable[..., Collection],
    reader: User,
    contributor: User,
    owner: User,
    add: Callable[..., Document],
) -> Document:
    """A document in its second version."""
    shared = collection(readers=[reader], contributors=[contributor], owners=[owner])
    add(shared, "leave.md", OLD, by=owner)
    return add(shared, "leave.md", NEW, by=owner)


def answer_to(reader: User) -> str:
    """What a search for the leave finds first."""
    return search(Query(text="days of annual leave", top_k=1), reader=reader).hits[0].text


def test_an_older_version_answers_again_from_the_next_question_on(
    leave: Document, reader: User, contributor: User
) -> None:
    assert answer_to(reader) == NEW

    assert versions.restore(leave.versions.get(number=1), by=contributor)

    assert answer_to(reader) == OLD
    event = AuditEvent.objects.get(event="version_restored")
    assert (event.details["version"], event.details["before"]) == (1, 2)


def test_a_version_whose_passages_are_gone_is_indexed_again_of_its_kept_text(
    leave: Document, reader: User, contributor: User, queued: list[int]
) -> None:
    first = leave.versions.get(number=1)
    for model in (ChunkEmbedding, Chunk):
        model._default_manager.filter(version=first).delete()
    queued.clear()

    assert not versions.restore(first, by=contributor)
    assert answer_to(reader) == NEW
    assert queued == [first.pk]
    pipeline.advance(first.pk)

    assert answer_to(reader) == OLD
    run = IngestionRun.objects.get(version=first)
    assert (run.state, run.is_restoring) == (IngestionRun.State.READY, False)
    assert set(run.stage_ms) >= {"chunk", "embed", "index"}


def test_who_may_not_change_the_document_restores_and_dates_nothing(leave: Document, reader: User) -> None:
    first = leave.versions.get(number=1)

    with pytest.raises(VersionRefused):
        versions.restore(first, by=reader)
    with pytest.raises(VersionRefused):
        versions.set_validity(first, valid_from=None, valid_to=date(2026, 1, 1), by=reader)
    assert Document.objects.filter(pk=leave.pk, current_version__number=2).exists()


def test_what_answers_already_and_what_was_never_read_is_not_restored(leave: Document, contributor: User) -> None:
    with pytest.raises(VersionRefused, match="answers questions already"):
        versions.restore(leave.versions.get(number=2), by=contributor)
    leave.versions.get(number=1).extractions.all().delete()
    with pytest.raises(VersionRefused, match="never read"):
        versions.restore(leave.versions.get(number=1), by=contributor)


def test_dates_that_a_person_gave_stay_when_the_file_is_read_again(leave: Document, contributor: User) -> None:
    current = leave.versions.get(number=2)

    versions.set_validity(current, valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), by=contributor)
    IngestionRun.objects.filter(version=current).update(state=IngestionRun.State.QUEUED, attempts=0, lease_until=None)
    pipeline.advance(current.pk)

    again = DocumentVersion.objects.get(pk=current.pk)
    assert (again.valid_from, again.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(VersionRefused, match="end before it begins"):
        versions.set_validity(current, valid_from=date(2026, 1, 2), valid_to=date(2026, 1, 1), by=contributor)


def test_a_trace_leads_from_the_bytes_to_the_passages(leave: Document, contributor: User) -> None:
    newest, oldest = traces_of(leave, leave.versions.all(), reader=contributor)

    assert (newest.is_current, oldest.is_current) == (True, False)
    assert newest.version.sha256 != oldest.version.sha256
    (reading,) = newest.readings
    assert (reading.parser != "", reading.characters, reading.is_current) == (True, len(NEW), True)
    (index,) = reading.indexed
    assert (index.is_live, index.passages) == (True, 1)
    assert [
        trace.version.number for trace in traces_of(leave, leave.versions.filter(number=1), reader=contributor)
    ] == [1]
