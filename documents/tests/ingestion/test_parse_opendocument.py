"""Texts, sheets and slides of OpenDocument are read from their XML, with what stands beside the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parse import parse
from documents.ingestion.types import Limits, ParsedDocument
from documents.tests.ingestion import making

COMMENT = "<office:annotation><dc:creator>Priya Nair</dc:creator><text:p>{}</text:p></office:annotation>"
CHART = (
    "<chart:chart><chart:title><text:p>Flow by site</text:p></chart:title><table:table><table:table-row>"
    "<table:table-cell><text:p>Site</text:p></table:table-cell><table:table-cell><text:p>Flow</text:p></table:table-cell>"
    "</table:table-row><table:table-row><table:table-cell><text:p>York</text:p></table:table-cell>"
    "<table:table-cell><text:p>12</text:p></table:table-cell></table:table-row></table:table></chart:chart>"
)
FRAMED_CHART = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'


def read(path: Path) -> ParsedDocument:
    return parse(path, filename=path.name, limits=Limits())


def shape(doc: ParsedDocument) -> list[tuple[str, str]]:
    return [(e.kind, doc.text[e.start : e.end]) for e in doc.elements]


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def test_a_text_has_its_structure_its_notes_its_boxes_and_its_page_heads(tmp_path: Path) -> None:
    styles = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" '
        'style:num-suffix="."/></text:list-style>'
        '<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    )
    head = (
        '<office:master-styles><style:master-page style:name="Standard"><style:header><text:p>Tarnfield Pumps plc'
        "</text:p></style:header><style:footer><text:p>Page <text:page-number>1</text:page-number></text:p>"
        "</style:footer></style:master-page></office:master-styles>"
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:p>was deleted</text:p></text:changed-region>"
        "</text:tracked-changes>"
        '<text:p text:style-name="P1">Travel policy</text:p><text:h text:outline-level="1">Flights</text:h>'
        f"<text:p>Booked by<text:s/>the <text:span>travel</text:span> desk.{COMMENT.format('Also rail?')}"
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>Since 2024.</text:p></text:note-body></text:note></text:p>"
        '<text:p>Seen<text:span text:style-name="T1"> unseen words</text:span></text:p>'
        '<text:list text:style-name="L1"><text:list-item><text:p>Ask</text:p><text:list><text:list-item>'
        "<text:p>by mail</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>Book</text:p>"
        "</text:list-item></text:list>"
        "<table:table><table:table-header-rows>"
        + row(cell("Class"), cell("Limit"))
        + "</table:table-header-rows>"
        + row(cell("Economy", 'table:number-rows-spanned="2"'), cell("400 EUR"))
        + row("<table:covered-table-cell/>", cell("500 EUR"))
        + "</table:table>"
        "<text:p><draw:frame><draw:text-box><text:p>Boarding closes early.</text:p></draw:text-box></draw:frame>"
        f"<draw:frame><svg:desc>A grey aeroplane</svg:desc></draw:frame>{FRAMED_CHART}</text:p>"
    )
    doc = read(making.open_document(tmp_path / "a.odt", "text", body, styles=styles, pages=head, chart=CHART))
    assert shape(doc) == [
        ("title", "Travel policy"),
        ("heading", "Flights"),
        ("paragraph", "Booked by the travel desk."),
        ("note", "Comment by Priya Nair: Also rail?"),
        ("note", "Since 2024."),
        ("paragraph", "Seen"),
        ("list_item", "1. Ask"),
        ("list_item", "by mail"),
        ("list_item", "2. Book"),
        ("table", "Class: Economy | Limit: 400 EUR\nClass: Economy | Limit: 500 EUR"),
        ("paragraph", "Boarding closes early."),
        ("caption", "A grey aeroplane"),
        ("caption", "Flow by site"),
        ("table", "Site: York | Flow: 12"),
        ("running", "Tarnfield Pumps plc"),
    ]
    assert doc.warnings == ("Hidden text was left out: 2 words.",)


def test_a_workbook_has_a_page_per_sheet_with_values_as_shown(tmp_path: Path) -> None:
    hidden = (
        '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>"
    )
    sheet = (
        '<table:table table:name="Dues"><table:table-column/>'
        + row(cell("Class"), cell("Due"), cell("From"))
        + row(
            cell("Ferry"),
            f"<table:table-cell><text:p>1,200.50 EUR</text:p>{COMMENT.format('Waived')}</table:table-cell>",
            cell("03/01/2026", 'office:value-type="date" office:date-value="2026-01-03"'),
        )
        + row(cell("Barge", 'table:number-columns-repeated="2"'), attributes='table:visibility="collapse"')
        + row(
            '<table:table-cell table:number-columns-repeated="16384"/>',
            attributes='table:number-rows-repeated="1048500"',
        )
        + f"<table:shapes>{FRAMED_CHART}</table:shapes></table:table>"
    )
    secret = f'<table:table table:name="Secret" table:style-name="ta2">{row(cell("salaries"))}</table:table>'
    doc = read(making.open_document(tmp_path / "a.ods", "spreadsheet", sheet + secret, styles=hidden, chart=CHART))
    assert shape(doc) == [
        ("table", "Class: Ferry | Due: 1,200.50 EUR | From: 03/01/2026 (2026-01-03)"),
        ("caption", "Flow by site"),
        ("table", "Site: York | Flow: 12"),
        ("note", "B2, comment by Priya Nair: Waived"),
    ]
    assert [page.label for page in doc.pages] == ["Dues"]
    assert doc.warnings == (
        "Hidden rows or columns of “Dues” were left out.",
        "The hidden sheet “Secret” was left out.",
    )


def test_slides_have_their_titles_notes_and_lists_and_hidden_ones_are_left_out(tmp_path: Path) -> None:
    styles = (
        '<style:style style:name="dp2" style:family="drawing-page">'
        '<style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    frame = "<draw:frame {}><draw:text-box>{}</draw:text-box></draw:frame>"
    slides = (
        '<draw:page draw:name="Welcome">'
        + frame.format("", "<text:p>Ask for a badge.</text:p>")
        + frame.format('presentation:class="title"', "<text:p>Visitors</text:p>")
        + frame.format(
            'presentation:class="outline"',
            "<text:list><text:list-item><text:p>Sign in</text:p></text:list-item></text:list>",
        )
        + frame.format('presentation:class="subtitle" presentation:placeholder="true"', "<text:p>Click here</text:p>")
        + "<presentation:notes>"
        + frame.format('presentation:class="notes"', "<text:p>Smile.</text:p>")
        + "</presentation:notes></draw:page>"
        '<draw:page draw:name="page2" draw:style-name="dp2">'
        + frame.format("", "<text:p>Not shown</text:p>")
        + "</draw:page>"
    )
    doc = read(making.open_document(tmp_path / "a.odp", "presentation", slides, styles=styles))
    assert shape(doc) == [
        ("title", "Visitors"),
        ("paragraph", "Ask for a badge."),
        ("list_item", "Sign in"),
        ("note", "Smile."),
    ]
    assert [page.label for page in doc.pages] == ["Welcome", ""]
    assert doc.warnings == ("Hidden slides were left out: 1.",)


def test_a_table_in_a_box_is_read_and_a_box_in_a_table_stands_behind_it(tmp_path: Path) -> None:
    box = "<draw:frame><draw:text-box>{}</draw:text-box></draw:frame>"
    boxed = f"<table:table-cell><text:p>12</text:p>{box.format('<text:p>Ask Priya</text:p>')}</table:table-cell>"
    rows = row(cell("Site"), cell("Flow")), row(cell("York"), boxed)
    body = f"<text:p>{box.format('<table:table>' + ''.join(rows) + '</table:table>')}</text:p>"
    read_now = shape(read(making.open_document(tmp_path / "box.odt", "text", body)))

    assert read_now == [("table", "Site | Flow\nYork | 12"), ("paragraph", "Ask Priya")]


def test_a_sheet_that_repeats_its_rows_endlessly_is_refused(tmp_path: Path) -> None:
    sheet = row(cell("x", 'table:number-columns-repeated="400"'), attributes='table:number-rows-repeated="1000000"')
    path = making.open_document(tmp_path / "a.ods", "spreadsheet", f'<table:table table:name="A">{sheet}</table:table>')
    with pytest.raises(TooLarge):
        read(path)


def test_an_open_document_without_its_content_is_damaged(tmp_path: Path) -> None:
    path = making.zipped(tmp_path / "a.odt", {"mimetype": "application/vnd.oasis.opendocument.text"})
    with pytest.raises(DamagedFile):
        read(path)
