"""Redaction puts placeholders where values stood, and every span goes on pointing at its words."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest

from documents.hidden import Hidden
from documents.ingestion import redact
from documents.ingestion.clean import clean
from documents.ingestion.parse import parse
from documents.ingestion.redact import Policy, Rule
from documents.ingestion.types import Element, Limits, Page, ParsedDocument, boxes_for, from_json, to_json
from documents.tests.ingestion import making
from ragapp.privacy.personal_data.types import DEFAULT_KINDS

RULE = Rule(policy=Policy.REDACT, kinds=DEFAULT_KINDS)


def hidden_in(parsed: ParsedDocument, known: Hidden, title: str = "report") -> tuple[ParsedDocument, redact.Report]:
    return redact.hide(parsed, redact.look(parsed, RULE), RULE, known, title=title)


def plain(text: str, **fields: object) -> ParsedDocument:
    """A text of one paragraph a line, in a language that the name model does not read."""
    elements, at = [], 0
    for line in text.split("\n"):
        elements.append(Element(kind="paragraph", start=at, end=at + len(line), page=1))
        at += len(line) + 1
    page = Page(number=1, start=0, end=len(text))
    values = {"title": "", "language": "de", "parser": "test", "parser_version": "1", **fields}
    return ParsedDocument(text=text, elements=tuple(elements), pages=(page,), **values)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> ParsedDocument:
    lines = [
        "Frau Sabine Kowalski zahlt von DE89 3704 0044 0532 0130 00 an uns.",
        "Rückfragen an sabine.kowalski@tarn.example oder Tel. 0561 9998-123.",
        "Die Pumpe RB-203/7 bleibt in Kassel.",
    ]
    path = making.pdf(tmp_path_factory.mktemp("pdf") / "a.pdf", [making.column(40, 500, lines, 10)])
    return clean(parse(path, filename="a.pdf", limits=Limits()))


def test_values_become_numbered_placeholders_and_the_rest_stays(printed: ParsedDocument) -> None:
    text = hidden_in(printed, Hidden())[0].text

    assert "Frau [PERSON_1] zahlt von [IBAN_1] an uns." in text
    assert "Rückfragen an [EMAIL_1] oder Tel. [PHONE_1]." in text
    assert "Die Pumpe RB-203/7 bleibt in Kassel." in text


def test_lines_and_words_stay_in_order_and_a_placeholder_stands_where_its_words_were(printed: ParsedDocument) -> None:
    where = printed.text.index("Sabine Kowalski")
    before = boxes_for(printed.pages, where, where + len("Sabine Kowalski"))
    result, _ = hidden_in(printed, Hidden())
    at = result.text.index("[PERSON_1]")
    words = [word for page in result.pages for line in page.lines for word in line.words]

    assert boxes_for(result.pages, at, at + len("[PERSON_1]")) == before
    assert all(one.end <= other.start for one, other in pairwise(words))
    assert [result.text[w.start : w.end] for w in words][:5] == ["Frau", "[PERSON_1]", "zahlt", "von", "[IBAN_1]"]
    assert "Kassel." in [result.text[w.start : w.end] for w in words]
    assert from_json(to_json(result)) == result


def test_elements_and_pages_keep_their_own_text(printed: ParsedDocument) -> None:
    result, _ = hidden_in(printed, Hidden())

    for old, new in zip(printed.elements, result.elements, strict=True):
        kept = printed.text[old.start : old.end].split()[-1].strip(".")
        assert "\n" not in result.text[new.start : new.end].strip("\n") or "\n" in printed.text[old.start : old.end]
        assert kept in result.text[new.start : new.end] or "[" in result.text[new.start : new.end]
    assert result.text[result.pages[0].start : result.pages[0].end] == result.text


def test_a_value_across_two_elements_leaves_both_their_edges() -> None:
    text = "Call (202)\n555-0143 now"
    result, _ = hidden_in(plain(text), Hidden())

    assert [result.text[e.start : e.end] for e in result.elements] == ["Call [PHONE_1]", "[PHONE_1] now"]


def test_a_value_has_the_same_placeholder_in_every_version_of_a_document() -> None:
    known = Hidden()
    hidden_in(plain("E-Mail: ada@tarn.example, bea@tarn.example"), known)
    again = Hidden(known.values)
    result, _ = hidden_in(plain("E-Mail: bea@tarn.example, Ada@TARN.example, cyd@tarn.example"), again)

    assert result.text == "E-Mail: [EMAIL_2], [EMAIL_1], [EMAIL_3]"
    assert again.value("[EMAIL_3]") == "cyd@tarn.example"
    assert again.value("[EMAIL_9]") is None


def test_titles_column_names_and_sheet_names_are_hidden_too() -> None:
    parsed = plain("Frau Sabine Kowalski: 3 Tage", title="Urlaub von Frau Sabine Kowalski")
    table = Element(kind="table", start=0, end=len(parsed.text), page=1, header=("Sabine Kowalski", "Tage"))
    page = Page(number=1, start=0, end=len(parsed.text), label="Sabine Kowalski")
    parsed = ParsedDocument(
        text=parsed.text, elements=(table,), pages=(page,), title=parsed.title, language="de", parser="t",
        parser_version="1",
    )  # fmt: skip
    result, _ = hidden_in(parsed, Hidden())

    assert result.title == "Urlaub von Frau [PERSON_1]"
    assert result.elements[0].header == ("[PERSON_1]", "Tage")
    assert result.pages[0].label == "[PERSON_1]"


def test_a_file_name_that_becomes_the_title_is_hidden() -> None:
    assert hidden_in(plain("x"), Hidden(), title="CV_Sabine_Kowalski")[0].title == "CV [PERSON_1]"


def test_the_report_counts_and_places_without_values(printed: ParsedDocument) -> None:
    result, report = hidden_in(printed, Hidden())
    stored = redact.to_json(report)

    assert stored["counts"] == {"PERSON": 1, "IBAN": 1, "EMAIL": 1, "PHONE": 1}
    assert [result.text[start:end] for _, start, end, _, _ in stored["places"]] == [p[4] for p in stored["places"]]
    assert "kowalski" not in str(stored).lower()


def test_allow_does_not_even_look(monkeypatch: pytest.MonkeyPatch, printed: ParsedDocument) -> None:
    monkeypatch.setitem(sys.modules, "ragapp.privacy.personal_data.detect", None)

    assert redact.look(printed, Rule()) == []
    assert Rule().label == "none"
