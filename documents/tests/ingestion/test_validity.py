"""From when a document holds."""

from datetime import date

import pytest

from documents.ingestion.validity import READ_CHARS, valid_from


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Version 5.0, valid from 1 February 2026. Replaces version 4.1 of 2025", date(2026, 2, 1)),
        ("Version 4.1, valid from 1 January 2025 to 31 January 2026", date(2025, 1, 1)),
        ("Effective date: March 3rd, 2024", date(2024, 3, 3)),
        ("This policy is effective as of 2026-07-15.", date(2026, 7, 15)),
        ("BV 2026-03, gültig ab 1. Juli 2026, Standort Kassel", date(2026, 7, 1)),
        ("Diese Regelung gilt ab dem 01.10.2025.", date(2025, 10, 1)),
        ("En vigueur à partir du 1er mars 2026", date(2026, 3, 1)),
        ("Vigente desde el 5 de abril de 2026", date(2026, 4, 5)),
        ("Approved by the board on 2 December 2024", None),
        ("valid from 2/1/2026", None),
        ("valid from 31 February 2026", None),
        ("valid " * 1000, None),
        ("x" * READ_CHARS + " valid from 1 February 2026", None),
        ("", None),
    ],
)
def test_the_date_is_read_where_a_document_states_it(text: str, expected: date | None) -> None:
    assert valid_from(text) == expected
