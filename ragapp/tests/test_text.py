"""Where sentences end, and what can be stored."""

import pytest

from ragapp.lib.text import sentences, storable


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rains. It pours.", ["It rains.", "It pours."]),
        ("Dr. Byrne paid 3.5 EUR, i.e. too much! Why?", ["Dr. Byrne paid 3.5 EUR, i.e. too much!", "Why?"]),
        ("Am 3. Mai geht es los. Das gilt z.B. hier.", ["Am 3. Mai geht es los.", "Das gilt z.B. hier."]),
        ('He said "Yes." Then he left.', ['He said "Yes."', "Then he left."]),
        ("第一句。第二句！第三句", ["第一句。", "第二句！", "第三句"]),
        ("A heading\n\nA sentence. ", ["A heading", "A sentence."]),
        ("J. Smith won in 1945. Then came peace.", ["J. Smith won in 1945.", "Then came peace."]),
        ("See www.example.org for more. Bye.", ["See www.example.org for more.", "Bye."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_spans_hold_every_letter_once() -> None:
    text = "One. Two!\nThree? Four… Five"

    assert "".join(cut(text)).replace(" ", "") == text.replace(" ", "").replace("\n", "")


def test_what_no_database_takes_is_left_out_and_the_rest_stays():
    assert storable("a\0b \ud83d c \U0001f600 ü") == "ab ? c \U0001f600 ü"
