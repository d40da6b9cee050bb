"""Index versions side by side: built from what is stored, switched without a failed question, removed at last."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from documents import indexes, uploads
from documents.access import restrict
from documents.indexes import removing
from documents.ingestion import chunk, embed, pipeline, rebuild
from documents.lineage import index_pins, source_of
from documents.models import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    Collection,
    Document,
    IndexBuild,
    IndexVersion,
    IngestionRun,
)
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent
from ragapp.llm import embedding
from ragapp.tests.scripted_embeddings import ScriptedEmbeddings

pytestmark = pytest.mark.django_db(transaction=True)

State = IndexVersion.State
TEXTS = {
    "leave.txt": "Every employee has 27 days of annual leave in a calendar year.",
    "pump.txt": "The hydraulic pump of hall nine is greased every hundred hours of work.",
    "canteen.txt": "The canteen opens at eleven on weekdays and stays closed on Sundays.",
}
QUESTION = "How many days of annual leave do I get?"


@pytest.fixture
def shelf(collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User) -> Collection:
    made = collection(owners=[owner], readers=[reader])
    for name, text in TEXTS.items():
        add(made, name, text, by=owner)
    return made


def plan(name: str = "v2", **embedder: Any) -> indexes.Plan:
    chosen = embedding.Embedder(**({"model": "all-MiniLM-L6-v2"} | embedder))
    return indexes.Plan(name=name, chunker=chunk.CHUNKER, embedder=chosen)


def built(name: str = "v2", **embedder: Any) -> IndexVersion:
    made = indexes.create(plan(name, **embedder), by=None)
    while rebuild.advance(made.pk):
        """One slice after the other."""
    return IndexVersion.objects.get(pk=made.pk)


def texts_in(index: IndexVersion) -> list[str]:
    return sorted(Chunk.objects.filter(index_version=index).values_list("text", flat=True))


def find(reader: User, index: IndexVersion | None = None) -> Any:
    return search(Query(text=QUESTION, index_version_id=index.pk if index else None), reader=reader)


def test_an_index_is_built_from_stored_text_without_parsing_or_embedding_again(
    shelf: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("done already")

    monkeypatch.setattr(pipeline.parse, "parse", refuse)
    monkeypatch.setattr(embed.embedding, "_encoder", lambda embedder: known)
    known = embedding._loaded[next(iter(embedding._loaded))]
    monkeypatch.setattr(type(known), "vector", refuse)
    made = indexes.create(indexes.Plan(name="v2", chunker=chunk.CHUNKER, embedder=live().embedder), by=None)
    rebuild.advance(made.pk)

    made.refresh_from_db()
    assert made.state == State.READY
    assert texts_in(made) == texts_in(live()) != []
    assert made.chunk_count == made.chunks.count() == ChunkLexemes.objects.filter(index_version=made).count()
    assert (made.build.done, made.build.total) == (3, 3)


def live() -> IndexVersion:
    return IndexVersion.objects.get(is_live=True)


def test_vectors_cut_to_256_dimensions_answer_after_a_switch_and_the_way_back_is_the_same(
    shelf: Collection, reader: User, owner: User
) -> None:
    first, small = live(), built(dimensions=256)
    assert len(ChunkEmbedding.objects.filter(index_version=small).first().embedding) == 256
    assert find(reader).index_version_id == first.pk

    rebuild.switch(small.pk, by=owner)
    found = find(reader)
    assert found.index_version_id == small.pk
    assert found.hits[0].path == "leave.txt"
    assert found.hits[0].ranks.keys() == {"dense", "lexical"}

    rebuild.switch(first.pk, by=owner)
    assert find(reader).index_version_id == first.pk
    assert [IndexVersion.objects.get(pk=pk).state for pk in (first.pk, small.pk)] == [State.LIVE, State.RETIRED]
    assert AuditEvent.objects.filter(event="index_switched", actor=owner.username).count() == 2


def test_an_embeddings_server_serves_an_index_beside_the_model_of_this_machine(
    shelf: Collection, reader: User, settings: Any
) -> None:
    with ScriptedEmbeddings(dimensions=48) as server:
        settings.EMBEDDING_ENDPOINTS = {"lab": server.base_url}
        other = built(provider="endpoint", endpoint="lab", model="some-model", passage_prefix="passage: ")

        assert other.dimensions == 48
        assert "dense" in find(reader, other).hits[0].scores
        assert "dense" in find(reader).hits[0].scores
        assert all(text.startswith("passage: ") for text in server.requests[1]["input"])
    assert "lexical" in find(reader, other).hits[0].scores


def test_what_comes_goes_and_is_shared_anew_during_a_build_is_right_in_both(
    shelf: Collection, add: Callable[..., Document], owner: User, reader: User
) -> None:
    made = indexes.create(plan(dimensions=128), by=None)
    assert rebuild.advance(made.pk, slice_s=0)
    add(shelf, "new.txt", "Visitors sign in at the north gate and wear a badge.", by=owner)
    assert rebuild.advance(made.pk, slice_s=0)
    uploads.remove(Document.objects.get(path="leave.txt"), by=owner)
    uploads.remove(Document.objects.get(path="canteen.txt"), by=owner)
    add(shelf, "pump.txt", "The hydraulic pump of hall nine is greased every two hundred hours.", by=owner)
    restrict(Document.objects.get(path="new.txt"), by=owner)
    while rebuild.advance(made.pk, slice_s=0):
        """Until nothing is left."""

    made.refresh_from_db()
    assert made.state == State.READY
    assert texts_in(made) == texts_in(live())
    assert {hit.path for hit in find(reader, made).hits} == {hit.path for hit in find(reader).hits} == {"pump.txt"}
    assert {hit.path for hit in find(owner, made).hits} == {"pump.txt", "new.txt"}


def test_uploads_deletions_and_a_build_side_by_side_end_in_the_same_passages(
    shelf: Collection, add: Callable[..., Document], owner: User
) -> None:
    made = indexes.create(plan(dimensions=64), by=None)
    stop = Event()

    def build() -> None:
        try:
            while not stop.is_set() or rebuild.advance(made.pk, slice_s=0):
                rebuild.due()
                rebuild.advance(made.pk, slice_s=0)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(build)
        for number in range(6):
            add(shelf, f"{number}.txt", f"Locker number {number} belongs to the shift of week {number}.", by=owner)
            if number % 2:
                uploads.remove(Document.objects.get(path=f"{number - 1}.txt"), by=owner)
        stop.set()
        building.result()
    rebuild.due()
    while rebuild.advance(made.pk):
        """Until nothing is left."""

    assert not indexes.missing(made).exists()
    assert texts_in(made) == texts_in(live())
    assert len(texts_in(made)) == 6


def test_no_question_fails_or_finds_less_while_the_live_index_is_switched(
    shelf: Collection, owner: User, reader: User
) -> None:
    first, second = live(), built(dimensions=128)
    stop = Event()

    def ask() -> set[tuple[int, tuple[str, ...]]]:
        seen = set()
        try:
            while not stop.is_set():
                found = find(reader)
                seen.add((found.index_version_id, tuple(sorted(hit.path for hit in found.hits))))
        finally:
            connection.close()
        return seen

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        for turn in range(12):
            indexes.switch((second, first)[turn % 2].pk, by=owner)
            assert find(reader).index_version_id == (second, first)[turn % 2].pk
        stop.set()
        seen = set().union(*(one.result() for one in asking))

    assert {paths for _, paths in seen} == {tuple(sorted(TEXTS))}
    assert {index for index, _ in seen} <= {first.pk, second.pk}


def test_a_document_that_was_made_ready_for_the_index_before_goes_to_the_new_one_too(
    shelf: Collection, add: Callable[..., Document], owner: User, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, original, moved = built(dimensions=128), pipeline.embed.embed, []

    def switch_meanwhile(*args: Any, **kwargs: Any) -> Any:
        vectors = original(*args, **kwargs)
        if not moved:
            moved.append(indexes.switch(second.pk, by=owner))
        return vectors

    monkeypatch.setattr(pipeline.embed, "embed", switch_meanwhile)
    add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)

    assert Chunk.objects.filter(index_version=second, document__path="late.txt").exists()
    assert search(Query(text="Until when are parcels fetched?"), reader=reader).hits[0].path == "late.txt"


def test_an_index_that_lacks_a_document_does_not_become_live_before_it_has_it(
    shelf: Collection, add: Callable[..., Document], owner: User
) -> None:
    second = built(dimensions=128)
    add(shelf, "late.txt", "Parcels are fetched from the porter until six in the evening.", by=owner)

    with pytest.raises(indexes.CannotSwitch, match="1 documents are not in this index yet"):
        indexes.switch(second.pk, by=owner)
    rebuild.switch(second.pk, by=owner)

    assert Chunk.objects.filter(index_version=second, document__path="late.txt").exists()


def test_a_build_in_the_making_cannot_become_live(shelf: Collection, owner: User) -> None:
    made = indexes.create(plan(dimensions=128), by=None)

    with pytest.raises(indexes.CannotSwitch, match="Only an index that is ready"):
        rebuild.switch(made.pk, by=owner)


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
