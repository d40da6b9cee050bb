"""Which index a question asks: the one that the database names now, read once while its row stays as it is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import indexes
from documents.ingestion.chunk import CHUNKER
from documents.models import IndexVersion
from documents.retrieval.asked_index import asked_index

pytestmark = pytest.mark.django_db


@pytest.fixture
def live() -> IndexVersion:
    return indexes.live(chunker=CHUNKER)


def test_a_row_that_stays_as_it_is_is_read_once(live: IndexVersion) -> None:
    first = asked_index(None)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        second = asked_index(live.pk)

    assert first == live
    assert second is first
    assert not [each for each in queries if "average_length" in each["sql"]]


def test_every_change_of_the_row_holds_at_the_next_question(live: IndexVersion) -> None:
    asked_index(None)
    for count in (7, 8):
        IndexVersion.objects.filter(pk=live.pk).update(chunk_count=count)
        found = asked_index(None)
        assert found is not None
        assert found.chunk_count == count


def test_the_live_one_is_another_one_as_soon_as_the_pointer_moved(live: IndexVersion) -> None:
    other = IndexVersion.objects.create(
        name="other", chunker=CHUNKER, embedding_model=live.embedding_model, dimensions=live.dimensions,
        analyser=live.analyser,
    )  # fmt: skip
    assert asked_index(None) == live
    IndexVersion.objects.filter(pk=live.pk).update(is_live=False)
    assert asked_index(None) is None
    IndexVersion.objects.filter(pk=other.pk).update(is_live=True)
    assert asked_index(None) == other


def test_one_that_is_gone_is_none(live: IndexVersion) -> None:
    assert asked_index(live.pk + 1) is None
