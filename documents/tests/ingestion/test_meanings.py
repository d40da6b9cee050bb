"""Vectors of sentences: made once documents answer, the same as computed at a question, and gone with their passage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from documents import indexes, removal
from documents.indexes import removing
from documents.ingestion import meanings as making
from documents.models import Chunk, ChunkMeanings, Collection, Document, IndexVersion, IngestionRun
from documents.retrieval import meanings
from documents.tests.building import built
from ragapp.accounts.models import User
from ragapp.llm import embedding

pytestmark = pytest.mark.django_db(transaction=True)
Add = Callable[..., Document]
TEXT = "Leave is 27 days a year.\n\nNotice\n\n- three months in writing\n- at the end of a month\n\nFee | 20 euros\n"


@pytest.fixture
def handbook(collection: Callable[..., Collection], owner: User, add: Add) -> Document:
    return add(collection(owners=[owner]), "handbook.txt", TEXT, by=owner)


def texts() -> list[str]:
    chunk = Chunk.objects.select_related("document").get()
    return meanings.texts_of(chunk.text, title=chunk.document.title, heading_path=chunk.heading_path)


def test_what_is_kept_is_what_would_be_computed(handbook: Document) -> None:
    pk = Chunk.objects.get().pk
    assert meanings.read(texts(), [pk]) == {}

    assert making.make() is False
    kept = meanings.read([*texts(), "Nobody wrote this."], [pk])
    computed = embedding.embed_passages(texts())

    assert list(kept) == texts()
    assert all((kept[text] == row).all() for text, row in zip(texts(), embedding.rounded(computed), strict=True))
    assert np.abs(np.stack(list(kept.values())) @ computed[0] - computed @ computed[0]).max() < 0.005
    assert meanings.read(texts(), []) == {}


def test_what_is_kept_is_asked_before_anything_is_computed(handbook: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    making.make()
    kept = meanings.read(texts(), [Chunk.objects.get().pk])
    monkeypatch.setattr(embedding, "_sentences", {})
    monkeypatch.setattr(embedding, "embed_passages", lambda texts: pytest.fail("computed"))

    vectors = embedding.embed_sentences(texts(), kept=lambda missing: kept)

    assert (vectors == np.stack([kept[text] for text in texts()])).all()


def test_another_maker_makes_them_anew(handbook: Document) -> None:
    making.make()
    ChunkMeanings.objects.update(made_by="an earlier model", vectors=b"")
    assert meanings.read(texts(), [Chunk.objects.get().pk]) == {}

    making.make()

    assert len(meanings.read(texts(), [Chunk.objects.get().pk])) == len(texts())


def test_it_waits_while_documents_are_read_in(handbook: Document) -> None:
    IngestionRun.objects.update(state=IngestionRun.State.QUEUED)

    assert making.make() is False
    assert ChunkMeanings.objects.get().made_by == ""


def test_another_index_takes_over_what_the_same_passage_has(
    handbook: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.make()
    built()
    monkeypatch.setattr(making.embedding, "embed_passages", lambda *args, **kwargs: pytest.fail("computed"))

    making.make()

    assert ChunkMeanings.objects.exclude(made_by="").count() == Chunk.objects.count() == 2


def test_they_go_with_their_passage(handbook: Document, owner: User) -> None:
    making.make()
    index = built()
    removed = removal.remove_documents([handbook.pk])

    assert removed.passages == 2
    assert not ChunkMeanings.objects.exists()
    assert IndexVersion.objects.filter(pk=index.pk).exists()


def test_they_go_with_their_index(handbook: Document) -> None:
    old, made = IndexVersion.objects.get(is_live=True), built()
    indexes.switch(made.pk, by=None)
    removing.give_up(old.pk, by=None)
    removing.sweep(IndexVersion.objects.get(pk=old.pk))

    assert list(ChunkMeanings.objects.values_list("chunk__index_version", flat=True)) == [made.pk]
