"""From a span back to what is printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from documents.access import restrict
from documents.lineage import source_of
from documents.models import Collection, Document, Extraction
from ragapp.accounts.models import User

CORPUS = Path(__file__).resolve().parents[1] / "samples" / "corpus"
pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Leave\n\nEvery employee has 27 days of annual leave.\n\nIt is taken in the year."


@pytest.fixture
def shared(collection: Callable[..., Collection], owner: User, reader: User) -> Collection:
    return collection(owners=[owner], readers=[reader])


def test_a_span_is_shown_with_what_stands_around_it(
    shared: Collection, add: Callable[..., Document], owner: User, reader: User
) -> None:
    document = add(shared, "people/leave.md", TEXT, by=owner)
    extraction = Extraction.objects.get(version__document=document)
    start = extraction.text.index("27 days")
    source = source_of(extraction.pk, start, start + 7, reader=reader)

    assert source is not None
    assert source.quote == "27 days"
    assert source.before + source.quote + source.after == extraction.text
    assert (source.document_id, source.version_number, source.is_current) == (document.pk, 1, True)
    assert (source.page, source.marks) == (None, {})


def test_the_words_of_a_printed_page_have_boxes(
    shared: Collection, add: Callable[..., Document], owner: User, reader: User
) -> None:
    add(shared, "handbook.pdf", (CORPUS / "company" / "handbook.pdf").read_bytes(), by=owner)
    extraction = Extraction.objects.get()
    start = extraction.text.index("60 days")
    source = source_of(extraction.pk, start, start + 7, reader=reader)

    assert source is not None
    assert source.page in source.marks
    for mark in source.marks[source.page]:
        assert 0 <= mark.x0 < mark.x1 <= 1
        assert 0 <= mark.y0 < mark.y1 <= 1


def test_an_old_version_can_still_be_shown_and_says_so(
    shared: Collection, add: Callable[..., Document], owner: User, reader: User
) -> None:
    add(shared, "leave.md", TEXT, by=owner)
    old = Extraction.objects.get().pk
    add(shared, "leave.md", TEXT.replace("27", "30"), by=owner)
    source = source_of(old, 0, 5, reader=reader)

    assert source is not None
    assert not source.is_current


def test_who_may_not_read_the_document_sees_nothing(
    shared: Collection, add: Callable[..., Document], owner: User, reader: User, stranger: User
) -> None:
    document = add(shared, "leave.md", TEXT, by=owner)
    extraction = Extraction.objects.get().pk

    assert source_of(extraction, 0, 5, reader=stranger) is None
    assert source_of(10**9, 0, 5, reader=owner) is None
    restrict(document, by=owner)
    assert source_of(extraction, 0, 5, reader=reader) is None


def test_a_span_outside_the_text_is_cut_to_it(shared: Collection, add: Callable[..., Document], owner: User) -> None:
    add(shared, "leave.md", TEXT, by=owner)
    source = source_of(Extraction.objects.get().pk, -5, 10**6, reader=owner)

    assert source is not None
    assert source.quote == Extraction.objects.get().text
