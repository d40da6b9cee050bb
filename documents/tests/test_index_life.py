"""What becomes of index versions: retired, named by a release, cancelled, taken over, removed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from documents import indexes
from documents.indexes import removing
from documents.ingestion import rebuild
from documents.ingestion.chunk import CHUNKER
from documents.lineage import index_pins, source_of
from documents.models import (
    Chunk,
    Collection,
    Document,
    IndexBuild,
    IndexVersion,
    IngestionRun,
)
from documents.tests.building import TEXTS, State, built, find, live, plan, texts_in
from ragapp.accounts.models import User
from ragapp.tests.scripted_embeddings import ScriptedEmbeddings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf(collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User) -> Collection:
    made = collection(owners=[owner], readers=[reader])
    for name, text in TEXTS.items():
        add(made, name, text, by=owner)
    return made


def test_a_retired_index_is_kept_up_to_date_for_the_way_back(
    shelf: Collection, add: Callable[..., Document], owner: User
) -> None:
    first, second = live(), built(dimensions=128)
    indexes.switch(second.pk, by=owner)
    add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)

    assert rebuild.due() == [first.pk]
    rebuild.advance(first.pk)

    assert texts_in(IndexVersion.objects.get(pk=first.pk)) == texts_in(second)
    assert rebuild.due() == []


def test_an_index_that_a_release_names_is_filled_at_once_and_never_removed(
    shelf: Collection, add: Callable[..., Document], owner: User
) -> None:
    second = built(dimensions=128)

    def pin(**kwargs: object) -> set[int]:
        return {second.pk}

    index_pins.connect(pin)
    try:
        add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)
        assert Chunk.objects.filter(index_version=second, document__path="late.txt").exists()
        with pytest.raises(removing.CannotRemove, match="A release names this index"):
            removing.give_up(second.pk, by=owner)
    finally:
        index_pins.disconnect(pin)


def test_a_pinned_index_whose_embedder_is_away_does_not_stop_an_upload(
    shelf: Collection, add: Callable[..., Document], owner: User, settings: Any
) -> None:
    with ScriptedEmbeddings(dimensions=48) as server:
        settings.EMBEDDING_ENDPOINTS = {"gone": server.base_url}
        other = built(provider="endpoint", endpoint="gone", model="some-model")

    def pin(**kwargs: object) -> set[int]:
        return {other.pk}

    settings.EMBEDDING_ENDPOINTS = {}
    index_pins.connect(pin)
    try:
        add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)
    finally:
        index_pins.disconnect(pin)
    assert rebuild.due() == [other.pk]
    rebuild.advance(other.pk)

    build = IndexBuild.objects.get(index_version=other)
    assert build.state == IndexBuild.State.FAILED
    assert "has no entry 'gone'" in build.failure
    settings.EMBEDDING_ENDPOINTS = {}
    assert rebuild.resume(other.pk)


def test_a_cancelled_build_goes_on_where_it_stopped(shelf: Collection) -> None:
    made = indexes.create(plan(dimensions=128), by=None)
    rebuild.advance(made.pk, slice_s=0)
    assert rebuild.cancel(made.pk)
    assert not rebuild.advance(made.pk)
    assert made.chunks.count() == 1

    assert rebuild.resume(made.pk)
    rebuild.advance(made.pk)

    assert texts_in(made) == texts_in(live())


def test_a_build_whose_worker_fell_silent_is_taken_over_and_given_up_after_five_times(shelf: Collection) -> None:
    made = indexes.create(plan(dimensions=128), by=None)
    builds = IndexBuild.objects.filter(index_version=made)
    past = timezone.now() - timedelta(minutes=1)
    builds.update(state=IndexBuild.State.RUNNING, worker="dead", lease_until=past, attempts=1)
    assert rebuild.due() == [made.pk]
    assert rebuild.due() == []  # its message is on its way

    builds.update(state=IndexBuild.State.RUNNING, worker="dead", lease_until=past, attempts=rebuild.ATTEMPTS_MAX)
    assert rebuild.due() == []
    assert builds.get().failure == rebuild.GAVE_UP


def test_a_retired_index_is_removed_in_batches_and_what_cites_it_stands(
    shelf: Collection, owner: User, reader: User, settings: Any
) -> None:
    first, hit = live(), find(reader).hits[0]
    second = built(dimensions=128)
    rebuild.switch(second.pk, by=owner)
    assert removing.give_up_expired() == 0
    IndexVersion.objects.filter(pk=first.pk).update(retired_at=timezone.now() - timedelta(days=8))

    assert removing.give_up_expired() == 1
    assert removing.unswept() == [first]
    assert removing.sweep(first, batch=2) == 3

    assert not Chunk.objects.filter(index_version=first).exists()
    assert not removing.unswept()
    assert IndexVersion.objects.get(pk=first.pk).state == State.COLLECTED
    cited = source_of(hit.extraction_id, hit.start, hit.end, reader=reader)
    assert cited is not None
    assert cited.quote == hit.text
    assert find(reader).hits[0].text == hit.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = ANY(%s)", [
            [f"dense_{first.pk}", f"lexical_{first.pk}"]
        ])  # fmt: skip
        assert cursor.fetchone() == (0,)


def test_the_live_index_cannot_be_removed(shelf: Collection, owner: User) -> None:
    with pytest.raises(removing.CannotRemove, match="Switch to another one first"):
        removing.give_up(live().pk, by=owner)


def test_another_configured_model_is_told_and_fails_nothing(
    shelf: Collection, add: Callable[..., Document], owner: User, settings: Any
) -> None:
    assert not indexes.differs_from_configured(live())
    settings.EMBEDDING_MODEL = "another-model"

    assert indexes.differs_from_configured(live())
    add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)
    assert not IngestionRun.objects.exclude(state="ready").exists()


def test_the_role_that_serves_requests_makes_and_drops_search_indexes_and_no_other(shelf: Collection) -> None:
    index = live()
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    with psycopg.connect(url, autocommit=True) as served:
        served.execute("SELECT drop_search_indexes(%s)", [index.pk])
        served.execute("SELECT create_search_indexes(%s, %s)", [index.pk, index.dimensions])
        served.execute("SELECT analyze_search_tables()")
        if served.execute("SELECT current_user").fetchone() != (connection.settings_dict["USER"],):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                served.execute("CREATE INDEX mine ON documents_chunkembedding (index_version_id)")


@pytest.mark.parametrize(("passages", "made_with"), [(100, 128), (60_000, 200)])
def test_an_index_is_made_for_as_many_passages_as_answer_now(shelf: Collection, passages: int, made_with: int) -> None:
    first = live()
    assert first.ef_construction == 128
    IndexVersion.objects.filter(pk=first.pk).update(chunk_count=passages)

    made = indexes.create(indexes.Plan(name="next", chunker=CHUNKER, embedder=first.embedder), by=None)

    assert made.ef_construction == made_with
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [f"dense_{made.pk}"])
        assert cursor.fetchone() == ([f"ef_construction={made_with}"],)
