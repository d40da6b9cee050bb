"""What narrows a search beside rights: collections, folders, tags, languages, dates, and the day asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from documents.ingestion.index import make_current
from documents.models import Chunk, Collection, Document, DocumentVersion, IndexVersion, LexemeFrequency
from documents.retrieval.search import search
from documents.retrieval.types import Hit, Query
from ragapp.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

LEAVE = "Every employee has {} days of annual leave in a calendar year, public holidays not counted."
URLAUB = "Alle Beschäftigten haben 30 Tage Urlaub im Kalenderjahr, gesetzliche Feiertage nicht mitgezählt."
QUESTION = "How many days of annual leave?"


def found(reader: User, **filters: object) -> list[Hit]:
    return list(search(Query(text=QUESTION, **filters), reader=reader).hits)


def paths(reader: User, **filters: object) -> set[str]:
    return {hit.path for hit in found(reader, **filters)}


@pytest.fixture
def shelf(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User
) -> dict[str, Document]:
    one, two = collection(owners=[owner], readers=[reader]), collection(owners=[owner], readers=[reader])
    made = {
        "rules": add(one, "hr/rules.txt", LEAVE.format(27), by=owner),
        "urlaub": add(one, "hr/de/urlaub.txt", URLAUB, by=owner),
        "other": add(two, "hr-archive/leave.txt", LEAVE.format(24), by=owner),
    }
    Document.objects.filter(pk=made["rules"].pk).update(tags=["hr", "leave"])
    Document.objects.filter(pk=made["other"].pk).update(tags=["hr"])
    return made


def test_each_filter_holds_in_both_legs(shelf: dict[str, Document], reader: User) -> None:
    assert paths(reader) == {"hr/rules.txt", "hr/de/urlaub.txt", "hr-archive/leave.txt"}
    assert paths(reader, folder="hr") == {"hr/rules.txt", "hr/de/urlaub.txt"}
    assert paths(reader, folder="/hr/de/") == {"hr/de/urlaub.txt"}
    assert paths(reader, folder="h_") == set()
    assert paths(reader, tags=("hr",)) == {"hr/rules.txt", "hr-archive/leave.txt"}
    assert paths(reader, tags=("leave", "hr")) == {"hr/rules.txt"}
    assert paths(reader, in_languages=("de", "fr")) == {"hr/de/urlaub.txt"}
    assert paths(reader, collection_ids=(shelf["other"].collection_id,)) == {"hr-archive/leave.txt"}
    assert paths(reader, collection_ids=()) == set()
    assert paths(reader, folder="hr", in_languages=("en",), tags=("hr",)) == {"hr/rules.txt"}


def test_dates_are_those_from_which_a_version_holds_or_was_uploaded(shelf: dict[str, Document], reader: User) -> None:
    DocumentVersion.objects.update(uploaded_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    DocumentVersion.objects.filter(document=shelf["rules"]).update(valid_from=date(2025, 1, 1))

    assert paths(reader, since=date(2026, 1, 1)) == {"hr/de/urlaub.txt", "hr-archive/leave.txt"}
    assert paths(reader, until=date(2025, 12, 31)) == {"hr/rules.txt"}
    assert paths(reader, since=date(2025, 1, 1), until=date(2026, 3, 1)) == paths(reader)


def test_no_filter_widens_what_a_right_allows(shelf: dict[str, Document], stranger: User) -> None:
    asked = [{"collection_ids": (shelf["rules"].collection_id,)}, {"folder": "hr"}, {"as_of": date(2100, 1, 1)}]

    assert [paths(stranger, **filters) for filters in asked] == [set(), set(), set()]


@pytest.fixture
def three_versions(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, reader: User
) -> Document:
    """24 days from 2024, 27 from 2025 until the end of June, 30 from 2026."""
    shared = collection(owners=[owner], readers=[reader])
    for days in (24, 27, 30):
        document = add(shared, "rules.txt", LEAVE.format(days), by=owner)
    for number, year in ((1, 2024), (2, 2025), (3, 2026)):
        DocumentVersion.objects.filter(number=number).update(valid_from=date(year, 1, 1))
    DocumentVersion.objects.filter(number=2).update(valid_to=date(2025, 6, 30))
    return document


def test_the_current_version_answers_unless_a_day_is_named(three_versions: Document, reader: User) -> None:
    assert [(hit.version_number, hit.is_current) for hit in found(reader)] == [(3, True)]
    assert [(hit.version_number, hit.is_current) for hit in found(reader, as_of=date(2024, 5, 1))] == [(1, False)]
    assert [hit.valid_to for hit in found(reader, as_of=date(2025, 6, 30))] == [date(2025, 6, 30)]


def test_nothing_answers_for_a_day_on_which_no_version_held(three_versions: Document, reader: User) -> None:
    assert found(reader, as_of=date(2023, 12, 31)) == []
    # The second had ended and the third had not begun; the first was replaced.
    assert found(reader, as_of=date(2025, 7, 1)) == []


def test_an_older_version_answers_again_when_it_is_made_current(
    three_versions: Document, reader: User, counted: Callable[[], IndexVersion]
) -> None:
    make_current(three_versions, three_versions.versions.get(number=1))

    assert [(hit.version_number, hit.is_current) for hit in found(reader)] == [(1, True)]
    assert IndexVersion.objects.get(is_live=True).is_stale


def test_superseded_passages_count_in_no_statistics(
    three_versions: Document, reader: User, counted: Callable[[], IndexVersion]
) -> None:
    index = counted()

    assert Chunk.objects.count() == 3
    assert index.chunk_count == 1
    frequencies = dict(LexemeFrequency.objects.values_list("lexeme", "chunks"))
    assert frequencies["annual"] == frequencies["30"] == 1
    assert "27" not in frequencies
    assert search(Query(text=QUESTION), reader=reader).readable_chunks == 1
    # What no statistics know is still found, and counts as rare.
    assert found(reader, as_of=date(2024, 5, 1))[0].scores["lexical"] > 0
