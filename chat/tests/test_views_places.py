"""Citations of one place shown together, and rows of tables shown as cells."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chat.places import by_place, place, told_apart
from chat.views.table_rows import lines_of
from documents.lineage import Source

HANDBOOK = uuid4()
SOURCE = Source(
    document_id=HANDBOOK,
    title="Benefits",
    path="benefits.xlsx",
    collection="Company",
    version_id=1,
    version_number=1,
    extraction_id=1,
    is_current=True,
    language="en",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    filename="benefits.xlsx",
    page=1,
    sheet="Plans",
    pages=(1,),
    marks={},
    before="Plan: Single | Premium: 132\n",
    quote="Plan: Family | Premium: 248",
    after="\nPrices from January.",
)


@dataclass(frozen=True, kw_only=True)
class Cited:
    """What is grouped by."""

    marker: int
    page: int | None
    document_id: UUID = HANDBOOK
    version_number: int = 1
    removed_at: str | None = None


def test_citations_of_one_page_stand_together() -> None:
    rows = [Cited(marker=1, page=5), Cited(marker=2, page=6), Cited(marker=3, page=5)]

    assert [[row.marker for row in group] for group in by_place(rows)] == [[1, 3], [2]]


def test_sources_in_an_answer_in_the_making_are_grouped_alike() -> None:
    rows = [{"marker": n, "page": 5, "document_id": "a", "version_number": 1} for n in (1, 2)]

    assert [[row["marker"] for row in group] for group in by_place(rows)] == [[1, 2]]


def test_removed_citations_stand_alone() -> None:
    rows = [Cited(marker=n, page=5, removed_at="today") for n in (1, 2)]

    assert len(by_place(rows)) == 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"page": 3, "filename": "handbook.pdf"}, "p. 3"),
        ({"page": 3, "filename": "deck.pptx"}, "slide 3"),
        ({"page": 3, "filename": "rates.xlsx", "sheet": "Rates"}, "sheet “Rates”"),
        ({"page": 3, "filename": "rates.xlsx"}, ""),
        ({"page": None, "filename": "note.md"}, ""),
    ],
)
def test_a_place_is_told_in_the_words_of_its_kind(source: dict[str, Any], words: str) -> None:
    assert place(source) == words


def test_a_row_of_a_table_is_told_by_its_labels() -> None:
    single, family, note = lines_of(SOURCE)

    assert family.cells == (("Plan", "Family"), ("Premium", "248"))
    assert (single.is_cited, family.is_cited, note.is_cited) == (False, True, False)
    assert (note.cells, note.text) == ((), "Prices from January.")


def test_prose_is_no_table() -> None:
    assert lines_of(replace(SOURCE, quote="A sentence: with a colon.")) == ()


def test_documents_of_one_title_are_told_apart_by_their_paths() -> None:
    ours, theirs, other = (
        {"title": title, "document_id": number, "filename": path}
        for number, title, path in ((1, "Leave", "a/leave.md"), (2, "Leave", "b/leave.md"), (3, "Travel", "travel.md"))
    )

    assert told_apart(ours, [ours, theirs, other]) == "a/leave.md"
    assert told_apart(other, [ours, theirs, other]) == ""
    assert told_apart(ours, [ours, dict(ours), other]) == ""
    assert told_apart(ours, [ours, theirs | {"removed_at": "now"}]) == ""
