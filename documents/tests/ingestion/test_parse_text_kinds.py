"""Text files as programs write them: wrong declarations, cut off, with lines for other programs above."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter
from reportlab.pdfgen import canvas

from documents.ingestion.errors import DamagedFile, UnsupportedFile
from documents.ingestion.parse import parse
from documents.ingestion.types import Limits, ParsedDocument

XML = "<r><name>Müller Überweisung</name><city>Köln</city></r>"


def read(folder: Path, name: str, content: str | bytes) -> ParsedDocument:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return parse(path, filename=name, limits=Limits())


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("UTF-8", "latin-1"), ("ISO-8859-1", "utf-8"), ("UTF-16", "utf-8"), ("x-unknown", "cp1252"), ("UTF-16", "utf-16")],
)
def test_xml_is_read_whatever_it_says_about_its_encoding(tmp_path: Path, declared: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{XML}'
    assert read(tmp_path, "a.xml", text.encode(encoding)).text == "name: Müller Überweisung\ncity: Köln"


def test_short_japanese_is_not_taken_for_korean(tmp_path: Path) -> None:
    text = "この契約は署名の日から効力を生じ、期間は三年とする。"
    for encoding in ("euc_jp", "cp932", "iso2022_jp"):
        assert read(tmp_path, "a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_the_line_that_tells_excel_the_separator_is_no_data(tmp_path: Path, separator: str) -> None:
    rows = (f"sep={separator}", "Name;Betrag", "Müller;1,50", "Meier;2,75")
    text = "\r\n".join(row if row.startswith("sep") else row.replace(";", separator) for row in rows)
    for encoding in ("utf-8", "utf-16"):
        doc = read(tmp_path, "a.csv", text.encode(encoding))
        assert doc.text == "Name: Müller | Betrag: 1,50\nName: Meier | Betrag: 2,75"


def test_what_stands_above_a_table_does_not_name_its_columns(tmp_path: Path) -> None:
    doc = read(tmp_path, "a.csv", "Export of 2026-01-01\n\nName,Amount,Year\nA,1,2020\nB,2,2021\n")
    assert [element.kind for element in doc.elements] == ["paragraph", "table"]
    assert doc.text.endswith("Name: A | Amount: 1 | Year: 2020\nName: B | Amount: 2 | Year: 2021")


def test_a_list_in_one_column_stays_a_table(tmp_path: Path) -> None:
    assert [element.kind for element in read(tmp_path, "a.csv", "name\nA\nB\n").elements] == ["table"]


def test_a_cell_may_be_as_long_as_a_text(tmp_path: Path) -> None:
    assert "small" in read(tmp_path, "a.csv", f'id,text\n1,"{"word " * 300_000}"\n2,small\n').text


def test_settings_with_comments_are_read_as_text(tmp_path: Path) -> None:
    doc = read(tmp_path, "a.json", '// settings\n{"name": "Pump", /* why */ "limit": 12,}')
    assert "Pump" in doc.text
    assert doc.warnings == ("The file is no valid JSON and was read as plain text.",)


def test_records_before_the_place_where_a_file_was_cut_are_kept(tmp_path: Path) -> None:
    doc = read(tmp_path, "a.jsonl", '{"a": "Forty-two"}\n{"a": "Seven"}\n{"a": "Deep Th')
    assert "a: Forty-two" in doc.text
    assert doc.warnings == ("Lines that are no valid JSON and were read as plain text: 1.",)


def test_notebooks_of_the_third_format_are_read(tmp_path: Path) -> None:
    cells = [{"cell_type": "markdown", "source": ["Old words"]}, {"cell_type": "code", "input": ["x = 17"]}]
    doc = read(tmp_path, "a.ipynb", json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
    assert doc.text == "Old words\n\nx = 17"


def test_front_matter_in_toml_is_no_text(tmp_path: Path) -> None:
    doc = read(tmp_path, "a.md", '+++\ntitle = "Pumps"\ndate = 2026-01-02\n+++\n# Head\n\nBody\n')
    assert (doc.title, doc.text) == ("Pumps", "date: 2026-01-02\n\nHead\n\nBody")


def test_colours_of_terminals_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "a.log", "\x1b[31mfailed\x1b[0m at once\n").text == "failed at once"


def test_folded_lines_of_calendars_are_whole(tmp_path: Path) -> None:
    doc = read(tmp_path, "a.ics", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Bring the fol\r\n ded text\\, please\r\n")
    assert "SUMMARY:Bring the folded text, please" in doc.text


def zipped(*members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300), "Pictures of this kind"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(300), "Pictures of this kind"),
        (b"AC1032" + bytes(range(256)), "Drawings"),
        (b"PAR1" + bytes(range(256)), "Databases"),
        (b"\0\1\0\0Standard Jet DB\0" + bytes(300), "Databases"),
        (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(300), "OneNote"),
        (b"\x04\x22\x4d\x18" + bytes(300), "archive"),
        (zipped("Index/Document.iwa"), "Pages, Numbers and Keynote"),
        (zipped("[Content_Types].xml", "visio/document.xml"), "Drawings"),
        (zipped("[Content_Types].xml", "FixedDocSeq.fdseq"), "XPS"),
        (zipped("META-INF/MANIFEST.MF", "A.class"), "Programs"),
    ],
)
def test_kinds_that_cannot_be_read_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnsupportedFile, match=said):
        read(tmp_path, "file", content)


def pdf() -> bytes:
    held = io.BytesIO()
    page = canvas.Canvas(held, pageCompression=0)
    for line in ("The reserve pump stands in hall seven.", "The budget is 4711 euros."):
        page.drawString(72, 700, line)
        page.showPage()
    page.save()
    return held.getvalue()


def test_a_pdf_without_its_end_is_read(tmp_path: Path) -> None:
    whole = pdf()
    for cut in (whole.rindex(b"xref", 0, whole.rindex(b"startxref")), whole.rindex(b"trailer")):
        doc = read(tmp_path, "a.pdf", whole[:cut])
        assert (len(doc.pages), doc.text.splitlines()[-1]) == (2, "The budget is 4711 euros.")


def test_a_pdf_without_a_catalogue_is_read_page_by_page(tmp_path: Path) -> None:
    without = re.sub(rb"/Type /(Catalog|Pages)\b", rb"/Type /Other", pdf())
    cut = without[: without.rindex(b"xref", 0, without.rindex(b"startxref"))]
    assert len(read(tmp_path, "a.pdf", cut).pages) == 2


def test_a_pdf_without_pages_stays_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile):
        read(tmp_path, "a.pdf", b"%PDF-1.4\n1 0 obj\n<</Type/Font>>\nendobj\n")


def test_files_inside_a_pdf_are_handed_on(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.add_attachment("notes.txt", b"The code is 1234.")
    held = io.BytesIO()
    writer.write(held)
    (inside,) = read(tmp_path, "a.pdf", held.getvalue()).attachments
    assert (inside.filename, inside.media_type, inside.content) == ("notes.txt", "text/plain", b"The code is 1234.")


def test_workbooks_inside_a_text_are_handed_on_but_not_the_figures_of_charts(tmp_path: Path) -> None:
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    document = docx.Document()
    document.add_paragraph("The costs are in the table below.")
    held = Part(
        PackURI("/word/embeddings/Costs.xlsx"), "application/octet-stream", b"a workbook", document.part.package
    )
    document.part.relate_to(held, RELATIONSHIP_TYPE.PACKAGE)
    document.save(tmp_path / "a.docx")
    (inside,) = parse(tmp_path / "a.docx", filename="a.docx", limits=Limits()).attachments
    assert (inside.filename, inside.content) == ("Costs.xlsx", b"a workbook")
