"""RTF gives its headings, lists, tables, notes, comments and heads of pages, in any code page."""

from __future__ import annotations

from pathlib import Path

from documents.ingestion.parse import parse
from documents.ingestion.types import Limits, ParsedDocument

TABLES = (
    r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2 Title;}}"
    r"{\info{\title Travel rules}{\author Nobody}}{\colortbl;\red0\green0\blue0;}"
)


def read(folder: Path, body: str) -> ParsedDocument:
    path = folder / "a.rtf"
    path.write_bytes(b"{\\rtf1\\ansi\\ansicpg1252\\uc1" + (TABLES + body).encode("latin-1") + b"}")
    return parse(path, filename=path.name, limits=Limits())


def shape(doc: ParsedDocument) -> list[tuple[str, str]]:
    return [(e.kind, doc.text[e.start : e.end]) for e in doc.elements]


def test_headings_lists_tables_and_what_stands_beside_the_text_are_read(tmp_path: Path) -> None:
    doc = read(
        tmp_path,
        r"{\header\pard Tarnfield Pumps plc\par}{\footer\pard {\field{\*\fldinst PAGE}{\fldrslt 1}}\par}"
        r"\pard\s2 Travel policy\par\pard\s1 Flights\par"
        r"\pard\s0 Booked by the desk{\super\chftn}{\footnote\pard Since 2024.}"
        r"{\*\atnid PN}{\*\atnauthor Priya Nair}\chatn{\*\annotation\pard Also rail?}.\par"
        r"\pard{\listtext\tab 1.\tab}Ask\par\pard{\listtext\'b7\tab}Book {\v unseen words}{\deleted gone }now\par"
        r"\trowd\trhdr\cellx1000\cellx2000\pard\intbl Class\cell Limit\cell\row"
        r"\trowd\clvmgf\cellx1000\cellx2000\pard\intbl Economy\cell 400 EUR\cell\row"
        r"\trowd\clvmrg\cellx1000\cellx2000\pard\intbl\cell 500 EUR\cell\row"
        r"\pard After 10{\super 6} {\pict\wmetafile8 010009}m{\super 3}.\par",
    )
    assert doc.title == "Travel rules"
    assert shape(doc) == [
        ("title", "Travel policy"),
        ("heading", "Flights"),
        ("paragraph", "Booked by the desk."),
        ("note", "Since 2024."),
        ("note", "Comment by Priya Nair: Also rail?"),
        ("list_item", "1. Ask"),
        ("list_item", "Book now"),
        ("table", "Class: Economy | Limit: 400 EUR\nClass: Economy | Limit: 500 EUR"),
        ("paragraph", "After 10⁶ m³."),
        ("running", "Tarnfield Pumps plc"),
    ]
    assert doc.warnings == ("Hidden text was left out: 2 words.",)


def test_letters_are_read_by_their_code_page_or_as_unicode(tmp_path: Path) -> None:
    doc = read(tmp_path, r"\pard Gr\'f6\'dfe {\f1\'cd\'e0\'f1\'ee\'f1} \u8364?\u-10179?\u-8704? it\rquote s\par")
    assert doc.text == "Größe Насос €😀 it’s"


def test_a_file_that_was_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    assert shape(read(tmp_path, r"\pard Begun\par{\footnote Never ended")) == [
        ("paragraph", "Begun"),
        ("note", "Never ended"),
    ]


def test_letters_that_cannot_be_seen_on_paper_are_hidden_and_white_ones_on_a_shade_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_text(
        r"{\rtf1\ansi{\colortbl;\red255\green255\blue255;\red0\green0\blue128;}"
        r"\pard Leave is twelve weeks.{\cf1 Unseen orders.}{\fs1 Smallest print.}\par"
        r"\pard\cbpat2{\cf1 A white head}\par\pard{\cf1\highlight2 Marked words}{\cf2 Blue words}\par"
        r"\trowd\clcbpat2\cellx2000\pard\intbl{\cf1 Country}\cell\row}"
    )

    doc = parse(path, filename=path.name, limits=Limits())

    assert all(word in doc.text for word in ("twelve", "white head", "Marked", "Blue"))
    assert "Unseen" not in doc.text
    assert "Smallest" not in doc.text
    assert sum(part.words for part in doc.hidden) == 4
