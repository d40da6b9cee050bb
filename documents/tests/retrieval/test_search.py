"""Search as it is called: rights first, both legs, one list."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from documents import uploads
from documents.access import restrict, share, unshare
from documents.models import Collection, Document, Extraction, IndexVersion, Level
from documents.retrieval.search import search
from documents.retrieval.types import Query
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

SALARY = "The salary band of an engineer in Limerick is 52,000 to 61,000 EUR a year before tax."
HANDBOOK = "Every employee has 27 days of annual leave in a calendar year, public holidays not counted."


def paths(question: str, reader: User, **fields: object) -> list[str]:
    return [hit.path for hit in search(Query(text=question, **fields), reader=reader).hits]


@pytest.fixture
def shelves(
    collection: Callable[..., Collection],
    add: Callable[..., Document],
    reader: User,
    owner: User,
    counted: Callable[[], object],
) -> dict[str, Collection]:
    made = {"company": collection(readers=[reader], owners=[owner]), "hr": collection(owners=[owner])}
    add(made["company"], "handbook.txt", HANDBOOK, by=owner)
    add(made["hr"], "salaries.txt", SALARY, by=owner)
    counted()
    return made


def test_a_reader_finds_only_what_the_lists_allow(
    shelves: dict[str, Collection], reader: User, owner: User, stranger: User
) -> None:
    assert paths("What does an engineer earn in Limerick?", owner)[0] == "salaries.txt"
    assert paths("What does an engineer earn in Limerick?", reader) == ["handbook.txt"]
    assert paths("salary band of an engineer in Limerick", stranger) == []


def test_a_change_of_rights_holds_at_the_next_question(
    shelves: dict[str, Collection], reader: User, owner: User
) -> None:
    hr = shelves["hr"].access_list
    share(hr, user=reader, level=Level.READER, by=owner)
    assert "salaries.txt" in paths("salary band", reader)
    unshare(hr, user=reader, by=owner)
    assert "salaries.txt" not in paths("salary band", reader)
    restrict(Document.objects.get(path="handbook.txt"), by=owner)
    assert paths("annual leave", reader) == []


def test_results_show_nothing_of_what_may_not_be_read(shelves: dict[str, Collection], reader: User) -> None:
    results = search(Query(text="salary band of an engineer"), reader=reader)

    assert results.readable_chunks == 1
    assert {hit.path for hit in (*results.hits, *results.considered)} <= {"handbook.txt"}


def test_one_collection_can_be_searched_alone(shelves: dict[str, Collection], owner: User, reader: User) -> None:
    assert paths("leave", owner, collection_ids=(shelves["hr"].pk,)) == ["salaries.txt"]
    assert paths("leave", reader, collection_ids=(shelves["hr"].pk,)) == []


def test_nobody_and_nothing_asked_find_nothing(shelves: dict[str, Collection], owner: User) -> None:
    assert search(Query(text="leave"), reader=AnonymousUser()).hits == ()  # type: ignore[arg-type]
    assert search(Query(text="   "), reader=owner).hits == ()
    assert search(Query(text="leave", index_version_id=10**6), reader=owner).hits == ()


def test_a_hit_says_where_it_stands_and_why_it_is_here(shelves: dict[str, Collection], owner: User) -> None:
    results = search(Query(text="How many days of annual leave?"), reader=owner)
    hit = results.hits[0]

    assert (hit.path, hit.version_number, hit.language) == ("handbook.txt", 1, "en")
    assert hit.ranks == {"dense": 1, "lexical": 1}
    assert hit.scores["lexical"] > 0
    assert 0 < hit.scores["dense"] <= 1
    assert Extraction.objects.get(pk=hit.extraction_id).text[hit.start : hit.end] == hit.text
    assert set(results.ms) == {"rights", "embed", "words", "find", "fuse", "read", "rerank", "join"}


def test_neighbours_that_were_found_are_joined_into_one_passage(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, counted: Callable[[], object]
) -> None:
    section = "The pump is greased at the bearing every {} hours, and the seal of the pump is looked at then. "
    text = "\n\n".join(section.format(number) * 5 for number in range(100, 900, 100))
    document = add(collection(owners=[owner]), "manual.txt", text, by=owner)
    counted()
    assert document.chunks.count() >= 4

    hits = search(Query(text="When is the bearing of the pump greased?", top_k=2), reader=owner).hits
    stored = Extraction.objects.get(is_current=True).text
    assert max(len(hit.text) for hit in hits) > max(len(chunk.text) for chunk in document.chunks.all())
    assert all(stored[hit.start : hit.end] == hit.text for hit in hits)
    spans = sorted((hit.start, hit.end) for hit in hits)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_the_same_words_are_shown_once_and_another_figure_is_another_passage(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, counted: Callable[[], object]
) -> None:
    shared = collection(owners=[owner])
    add(shared, "2026.txt", "Hotels are paid up to 155 EUR a night.", by=owner)
    add(shared, "copy.txt", "Hotels are paid up to 155 EUR  a night!", by=owner)
    add(shared, "2025.txt", "Hotels are paid up to 130 EUR a night.", by=owner)
    counted()

    texts = [hit.text for hit in search(Query(text="What is paid for hotels a night?"), reader=owner).hits]
    assert len(texts) == 2
    assert sum("130" in text for text in texts) == 1


def test_readers_get_the_new_version_and_never_both(
    shelves: dict[str, Collection], add: Callable[..., Document], owner: User, reader: User
) -> None:
    add(shelves["company"], "handbook.txt", HANDBOOK.replace("27", "30"), by=owner)

    hits = search(Query(text="How many days of annual leave?"), reader=reader).hits
    assert [hit.version_number for hit in hits] == [2]
    assert "30 days" in hits[0].text


def test_a_removed_document_is_gone_at_once(shelves: dict[str, Collection], owner: User, reader: User) -> None:
    uploads.remove(Document.objects.get(path="handbook.txt"), by=owner)

    assert paths("annual leave", reader) == []


def test_without_the_model_words_alone_decide(shelves: dict[str, Collection], owner: User) -> None:
    IndexVersion.objects.update(embedding_model="a-model-that-is-not-there")
    results = search(Query(text="How many days of annual leave, then?"), reader=owner)

    assert results.hits[0].path == "handbook.txt"
    assert results.hits[0].scores.keys() == {"lexical"}


def test_another_configured_model_changes_nothing_for_the_live_index(
    shelves: dict[str, Collection], owner: User, settings: Any, add: Callable[..., Document]
) -> None:
    settings.EMBEDDING_MODEL = "a-model-that-is-not-there"
    add(shelves["company"], "news.txt", "The canteen opens at eleven on Mondays.", by=owner)

    assert search(Query(text="When does the canteen open?"), reader=owner).hits[0].scores.keys() >= {"dense"}
