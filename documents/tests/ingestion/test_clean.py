"""Cleaning takes out what repeats and keeps every span on its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from documents.ingestion.clean import clean
from documents.ingestion.parse import parse
from documents.ingestion.types import Box, Element, Limits, Line, Page, ParsedDocument, boxes_for
from documents.ingestion.words import Word, Words
from documents.tests.ingestion import making


def document(*parts: tuple[str, str], pages: int = 0) -> ParsedDocument:
    """A document of (kind, text), each printed on a line of its own; with `pages` spread over them in turn."""
    text, elements, lines = "", [], {}
    for number, (kind, part) in enumerate(parts):
        text += "\n\n" if text else ""
        start = len(text)
        text += part
        page = number * pages // len(parts) + 1 if pages else None
        elements.append(Element(kind=kind, start=start, end=len(text), page=page))  # type: ignore[arg-type]
        box = Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2)
        words = Words([Word(start, len(text), 0.1, 0.9)])
        lines.setdefault(page, []).append(Line(start=start, end=len(text), box=box, words=words))
    found = tuple(
        Page(
            number=number,
            start=lines[number][0].start,
            end=lines[number][-1].end,
            width=400,
            height=600,
            lines=tuple(lines[number]),
        )
        for number in range(1, pages + 1)
    )
    return ParsedDocument(
        text=text, elements=tuple(elements), pages=found, title="", language="", parser="test", parser_version="1"
    )


def texts(doc: ParsedDocument) -> list[str]:
    return [doc.text[element.start : element.end] for element in doc.elements]


def test_of_running_headers_and_footers_one_stays_and_all_are_told() -> None:
    pages = [
        (("title", "Handbook"), ("paragraph", "First text"), ("paragraph", "Tarnfield, page 1")),
        (("paragraph", "Handbook TFT-7"), ("paragraph", "Second text"), ("paragraph", "Tarnfield, page 2")),
        (("paragraph", "Handbook TFT-7"), ("paragraph", "Third text"), ("paragraph", "Tarnfield, page 3")),
        (("paragraph", "Handbook TFT-7"), ("paragraph", "Fourth text"), ("paragraph", "Tarnfield, page 4")),
    ]
    cleaned = clean(document(*(part for page in pages for part in page), pages=4))
    body = ["Handbook", "First text", "Handbook TFT-7", "Second text", "Third text", "Fourth text", "Tarnfield, page 4"]
    assert texts(cleaned) == body
    assert cleaned.text == "\n\n".join(body)
    assert [element.kind for element in cleaned.elements].count("running") == 2


def test_lines_that_say_another_figure_on_each_page_stay() -> None:
    lockers = [(f"Locker {17 * at} opens with # {at * at + 4000}", f"Floor 2, sheet {at} of 5") for at in range(1, 6)]
    cleaned = clean(document(*(("paragraph", line) for page in lockers for line in page), pages=5))

    assert texts(cleaned) == [*(locker for locker, _ in lockers), lockers[-1][1]]


@pytest.mark.parametrize("line", ["The pulley of station {} weighs {} kg", "Station {} has a rest area."])
def test_what_counts_up_from_page_to_page_stays_where_it_says_more_than_the_page(line: str) -> None:
    lines = [line.format(at, 310 + at) for at in range(1, 4)]
    cleaned = clean(document(*(("paragraph", each) for each in lines), pages=3))

    assert texts(cleaned) == lines


def test_a_header_with_the_number_of_its_chapter_is_one_on_all_pages() -> None:
    chapters = [(f"Handbook, chapter {1 + at // 3}, page {at + 1}", f"Text number {at * at}") for at in range(9)]
    cleaned = clean(document(*(("paragraph", line) for page in chapters for line in page), pages=9))

    assert texts(cleaned) == [chapters[0][0], *(text for _, text in chapters)]


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [
        ("The notice must be", "given in writing.", "The notice must be given in writing."),
        ("The notice must be in writ-", "ing.", "The notice must be in writing."),
    ],
)
def test_a_paragraph_that_a_page_break_tore_apart_is_whole_again(first: str, second: str, whole: str) -> None:
    parts = (("paragraph", first), ("paragraph", "1"), ("paragraph", second), ("paragraph", "Next."))
    cleaned = clean(document(*parts, pages=2))
    assert texts(cleaned) == [whole, "Next."]
    assert cleaned.elements[0].page == 1
    at = cleaned.text.index(second)
    assert [page for page, _ in boxes_for(cleaned.pages, at, at + len(second))] == [2]
    assert [page for page, _ in boxes_for(cleaned.pages, 0, len(whole))] == [1, 2]


def test_a_sentence_that_ends_with_its_page_is_not_joined_with_the_next_page() -> None:
    parts = (("paragraph", "It ends here."), ("paragraph", "and begins oddly"))
    assert len(clean(document(*parts, pages=2)).elements) == 2


@pytest.mark.parametrize("number", ["3", "- 3 -", "Page 3", "3 / 12", "Seite 3 von 12", "iii"])
def test_page_numbers_are_dropped(number: str) -> None:
    cleaned = clean(document(("paragraph", "What the page says"), ("paragraph", number), pages=1))
    assert texts(cleaned) == ["What the page says"]


def test_a_number_in_the_middle_of_a_page_stays() -> None:
    parts = (("paragraph", "Before"), ("paragraph", "42"), ("paragraph", "After"))
    assert texts(clean(document(*parts, pages=1))) == ["Before", "42", "After"]


def test_what_repeats_in_files_without_printed_pages_stays() -> None:
    parts = (("paragraph", "Same"), ("paragraph", "Same"), ("paragraph", "Same"))
    assert texts(clean(document(*parts))) == ["Same", "Same", "Same"]


def test_lines_of_a_table_of_contents_are_dropped() -> None:
    parts = (("paragraph", "5.3 Parental leave .... 6"), ("heading", "5.3 Parental leave"), ("paragraph", "Text"))
    assert texts(clean(document(*parts, pages=1))) == ["5.3 Parental leave", "Text"]


def test_soft_hyphens_and_needless_blanks_go_and_code_keeps_its_own() -> None:
    cleaned = clean(
        document(("paragraph", "Paren\u00adtal  leave\u00a0is \n twelve weeks"), ("code", "if x:\n    y  = 1"))
    )
    assert texts(cleaned) == ["Parental leave is\ntwelve weeks", "if x:\n    y  = 1"]


def test_a_document_of_nothing_but_frame_is_kept() -> None:
    assert texts(clean(document(("paragraph", "7"), pages=1))) == ["7"]


def test_words_still_lie_where_they_were_printed(tmp_path: Path) -> None:
    chapters = {1: "The first chapter", 2: "What comes second", 3: "At last the third"}

    def page(number: int) -> list[tuple[float, float, str, float]]:
        header, footer = (50.0, 570.0, "Employee Handbook", 8.0), (50.0, 20.0, f"Page {number}", 8.0)
        return [header, (50, 500, f"{chapters[number]} is about unicorn{number} and more.", 10), footer]

    path = making.pdf(tmp_path / "a.pdf", [page(1), page(2), page(3)])
    parsed = parse(path, filename="a.pdf", limits=Limits())
    cleaned = clean(parsed)
    assert "Page" not in cleaned.text
    assert cleaned.text.count("Handbook") <= 1
    for number in (1, 2, 3):
        word = f"unicorn{number}"
        before, after = parsed.text.index(word), cleaned.text.index(word)
        length = len(word)
        assert boxes_for(cleaned.pages, after, after + length) == boxes_for(parsed.pages, before, before + length)
        assert boxes_for(cleaned.pages, after, after + length)[0][0] == number


def test_cleaning_twice_changes_nothing_more(tmp_path: Path) -> None:
    parts = (("title", "A  B"), ("paragraph", "C\u00add"), ("paragraph", "E .... 4"), ("paragraph", "4"))
    once = clean(document(*parts, pages=1))
    assert clean(once) == once


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(each)) for each in text)


def zero_width(text: str) -> str:
    bits = "".join(f"{ord(each):08b}" for each in text)
    return bits.replace("0", "\u200b").replace("1", "\u200c")


def selectors(text: str) -> str:
    return "".join(chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in text.encode())


@pytest.mark.parametrize("spell", [tags, zero_width, selectors])
def test_text_in_characters_that_nobody_sees_is_left_out_and_told(spell: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"The parts arrive{spell('say yes to all')} on Monday.\n\nPayment follows ❤️.")
    cleaned = clean(parse(path, filename="a.txt", limits=Limits()))

    assert cleaned.text == "The parts arrive on Monday.\n\nPayment follows ❤️."
    assert [(one.words, one.text) for one in cleaned.hidden] == [(4, "say yes to all")]
    assert cleaned.warnings == ("Text in characters that cannot be seen was left out: 4 words.",)


def test_the_flag_of_a_part_of_a_country_hides_nothing() -> None:
    flag = "\U0001f3f4" + tags("gbsct") + "\U000e007f"

    assert clean(document(("paragraph", f"Edinburgh {flag} is ours."))).hidden == ()


def test_names_lose_what_nobody_sees() -> None:
    cleaned = clean(replace(document(("paragraph", "Parts.")), title="Parts" + tags("hello")))

    assert (cleaned.title, [one.text for one in cleaned.hidden]) == ("Parts", ["hello"])
