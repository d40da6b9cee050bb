"""Which passages count as the same: copies do, and nothing that a reader would have to know apart."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from documents.retrieval.duplicates import kept_once
from documents.retrieval.types import Hit

TEXT = (
    "Staff who travel for the company book their hotel through the travel desk, which keeps a list of places with an "
    "agreed rate. Receipts are handed in within 30 days after the trip, and Anna Weiss approves them in the portal."
)


def hit(text: str, **fields: Any) -> Hit:
    known: dict[str, Any] = {
        "chunk_id": 1, "document_id": uuid4(), "version_id": 1, "version_number": 1, "extraction_id": 1,
        "collection_id": 1, "collection": "", "title": "", "path": "", "heading_path": "", "start": 0,
        "end": len(text), "page": None, "valid_from": None, "language": "en", "score": 1.0,
    }  # fmt: skip
    return Hit(text=text, **known | fields)


@pytest.mark.parametrize(
    "copy",
    [
        TEXT.replace(". ", ".\n"),
        TEXT.replace("hotel", "hotel room"),
        TEXT.replace("agreed rate", "agreed price"),
        TEXT.upper(),
    ],
)
def test_a_copy_is_kept_once(copy: str) -> None:
    assert kept_once([hit(TEXT), hit(copy), hit("Something else.")], most=9) == [0, 2]


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("30 days", "60 days"),
        ("30 days", "thirty days"),
        ("Anna Weiss", "Tom Weiss"),
        ("book their", "do not book their"),
        ("within 30 days after", "within 30 days before"),
        ("Receipts are", "Receipts may be"),
        ("the trip", "the trip to Berlin"),
    ],
)
def test_what_differs_in_something_that_counts_is_kept(word: str, other: str) -> None:
    assert kept_once([hit(TEXT), hit(TEXT.replace(word, other))], most=9) == [0, 1]


def test_figures_that_change_places_are_another_text() -> None:
    text = TEXT + " Advances are paid back within 14 days."
    swapped = text.replace("30", "#").replace("14", "30").replace("#", "14")

    assert kept_once([hit(text), hit(swapped)], most=9) == [0, 1]


def test_short_passages_are_the_same_in_the_same_words_only() -> None:
    assert kept_once([hit("Pumps: red"), hit("Pumps: blue"), hit("pumps red")], most=9) == [0, 1]


def test_the_newest_of_several_copies_stands_in_the_place_of_the_best() -> None:
    old, new = hit(TEXT, valid_from=date(2024, 1, 1)), hit(TEXT, valid_from=date(2026, 1, 1))
    superseded = hit(TEXT, valid_from=date(2027, 1, 1), is_current=False)

    assert kept_once([old, hit("Something else."), new, superseded], most=9) == [2, 1]
