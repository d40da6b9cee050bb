"""Which passages are shown: of several documents, each once, with what stands around them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from documents.models import Chunk, Collection, Document, Extraction
from documents.retrieval.choosing import PER_DOCUMENT, choose
from documents.retrieval.passages import Found
from documents.retrieval.search import search
from documents.retrieval.types import Fate, Hit, Query
from ragapp.accounts.models import User


def found(chunk: int, document: str, score: float, text: str = "") -> Found:
    """Passage `chunk` of `document`, never a neighbour of another."""
    hit = Hit(
        chunk_id=chunk, document_id=uuid.uuid5(uuid.NAMESPACE_URL, document), version_id=1, version_number=1,
        extraction_id=1, collection_id=1, collection="c", title=document, path=document, heading_path="",
        text=text or f"passage {chunk}", start=chunk * 10, end=chunk * 10 + 5, page=None, valid_from=None,
        language="en", score=score,
    )  # fmt: skip
    return Found(hit, ordinal=chunk * 10)


def chosen(*each: Found, top_k: int) -> tuple[list[int], dict[int, Fate]]:
    hits, considered = choose(each, top_k=top_k, index_version_id=1)
    return [hit.chunk_id for hit in hits], {hit.chunk_id: hit.fate for hit in considered}


def test_a_document_with_enough_passages_gives_way_to_others_that_are_near() -> None:
    crowd = [found(at, "long", 1.0 - at / 100) for at in range(1, 7)]
    hits, fates = chosen(*crowd, found(8, "a", 0.8), found(9, "b", 0.7), top_k=5)

    assert hits == [1, 2, 3, 8, 9]
    assert [fates[at] for at in (4, 5, 6)] == [Fate.CROWDED] * 3


def test_it_keeps_its_places_when_nothing_else_is_near() -> None:
    crowd = [found(at, "long", 1.0 - at / 100) for at in range(1, 7)]

    assert chosen(*crowd, found(9, "b", 0.2), top_k=5)[0] == [1, 2, 3, 4, 5]
    assert chosen(*crowd, top_k=5)[0] == [1, 2, 3, 4, 5]
    assert PER_DOCUMENT == 3


def test_what_says_the_same_is_shown_once_and_names_the_better_one() -> None:
    _, considered = choose(
        [found(1, "a", 0.9, "Up to 155 EUR."), found(2, "b", 0.8, "up to 155 EUR"), found(3, "c", 0.7)],
        top_k=1,
        index_version_id=1,
    )

    assert [(hit.fate, hit.beside) for hit in considered] == [(Fate.KEPT, None), (Fate.REPEATS, 1), (Fate.BELOW, None)]


def test_equal_scores_come_in_the_order_of_their_chunks() -> None:
    assert chosen(found(1, "a", 0.5), found(2, "b", 0.5), found(3, "c", 0.5), top_k=3)[0] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_hits_are_widened_within_the_budget_and_never_overlap(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, counted: Callable[[], object]
) -> None:
    parts = [f"Part {number} of the manual says how the {name} is looked after. " * 14 for number, name in enumerate(
        ("boiler", "pump", "valve", "fan", "filter", "motor"))]  # fmt: skip
    add(collection(owners=[owner]), "manual.txt", "\n\n".join(parts), by=owner)
    counted()
    tokens = max(Chunk.objects.values_list("tokens", flat=True))

    def asked(budget: int) -> list[Hit]:
        query = Query(text="How is the valve looked after?", top_k=1, widen_tokens=budget)
        return list(search(query, reader=owner).hits)

    plain, little, much = asked(0)[0], asked(tokens)[0], asked(20 * tokens)[0]
    assert len(plain.text) < len(little.text) < len(much.text)
    assert plain.text in little.text
    assert little.text in much.text
    stored = Extraction.objects.get().text
    assert stored[much.start : much.end] == much.text
