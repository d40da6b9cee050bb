"""Index versions side by side: built from what is stored, switched without a failed question, removed at last."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection

from documents import indexes, uploads
from documents.access import restrict
from documents.ingestion import chunk, embed, pipeline, rebuild
from documents.models import (
    Chunk,
    ChunkEmbedding,
    ChunkLexemes,
    Collection,
    Document,
    IndexVersion,
)
from documents.retrieval.search import search
from documents.retrieval.types import Query
from documents.tests.building import TEXTS, State, built, find, live, plan, texts_in
from ragapp.accounts.models import User
from ragapp.audit.models import AuditEvent
from ragapp.llm import embedding
from ragapp.tests.scripted_embeddings import ScriptedEmbeddings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf(collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User) -> Collection:
    made = collection(owners=[owner], readers=[reader])
    for name, text in TEXTS.items():
        add(made, name, text, by=owner)
    return made


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

    with pytest.raises(indexes.CannotSwitch, match="1 document is not in this index yet"):
        indexes.switch(second.pk, by=owner)
    rebuild.switch(second.pk, by=owner)

    assert Chunk.objects.filter(index_version=second, document__path="late.txt").exists()


def test_a_build_in_the_making_cannot_become_live(shelf: Collection, owner: User) -> None:
    made = indexes.create(plan(dimensions=128), by=None)

    with pytest.raises(indexes.CannotSwitch, match="Only an index that is ready"):
        rebuild.switch(made.pk, by=owner)
