"""Every kind of file gives its text, structure and title; what is wrong with a file is said plainly."""

from __future__ import annotations

import email
import unicodedata
import zipfile
from dataclasses import replace
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from documents.ingestion.errors import (
    DamagedFile,
    EmptyFile,
    EncryptedFile,
    IngestionError,
    NoText,
    UnsupportedFile,
)
from documents.ingestion.parse import parse, sniff
from documents.ingestion.parsers import PARSERS, ocr, parser_for
from documents.ingestion.types import Limits, ParsedDocument
from documents.tests.ingestion import making

LIMITS = Limits()
Shape = list[tuple[str, str]]


def read(path: Path, content: bytes | str | None = None) -> ParsedDocument:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    doc = parse(path, filename=path.name, limits=LIMITS)
    assert unicodedata.is_normalized("NFC", doc.text)
    assert all(ch == "\n" or unicodedata.category(ch) not in ("Cc", "Cs") for ch in doc.text)
    for before, element in zip((None, *doc.elements), doc.elements, strict=False):
        assert (before.end if before else 0) <= element.start < element.end <= len(doc.text)
    return doc


def shape(doc: ParsedDocument) -> Shape:
    return [(e.kind, doc.text[e.start : e.end]) for e in doc.elements]


def test_every_media_type_names_a_parser_that_exists() -> None:
    for media_type in PARSERS:
        assert callable(parser_for(media_type))


def test_docx_keeps_headings_lists_tables_and_their_order(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.core_properties.title = "Travel policy 2026"
    word.add_heading("Travel policy", 0)
    word.add_heading("Flights", 1)
    word.add_paragraph("Flights are booked by the travel desk.")
    word.add_paragraph("Economy class", style="List Bullet")
    word.add_paragraph("Window seats", style="List Number")
    table = word.add_table(rows=3, cols=2)
    for row, cells in enumerate([("City", "Ceiling (EUR)"), ("Paris", "180"), ("London", "")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    hidden = word.add_paragraph("Seen ").add_run("unseen")
    hidden.font.hidden = True
    word.save(str(tmp_path / "a.docx"))
    doc = read(tmp_path / "a.docx")
    assert shape(doc) == [
        ("title", "Travel policy"),
        ("heading", "Flights"),
        ("paragraph", "Flights are booked by the travel desk."),
        ("list_item", "Economy class"),
        ("list_item", "1. Window seats"),
        ("table", "City: Paris | Ceiling (EUR): 180\nCity: London"),
        ("paragraph", "Seen"),
    ]
    assert doc.title == "Travel policy 2026"
    assert doc.elements[5].header == ("City", "Ceiling (EUR)")
    assert doc.warnings == ("Hidden text was left out: 1 word.",)
    assert [one.text for one in doc.hidden] == ["unseen"]


def test_pptx_has_a_page_per_slide_with_notes_tables_and_charts(tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text = "Welcome"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Your first day"
    second.placeholders[1].text = "Badge photo\nLunch"
    second.notes_slide.notes_text_frame.text = "Arrive at 08:30."
    table = second.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(5), Inches(1)).table
    for row, cells in enumerate([("Tool", "Use"), ("Fernway", "Trips")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    figures = CategoryChartData()
    figures.categories = ["2025", "2026"]
    figures.add_series("Orders", (120, 133))
    third = deck.slides.add_slide(deck.slide_layouts[5])
    third.shapes.title.text = "Orders"
    third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), figures)
    deck.save(str(tmp_path / "a.pptx"))
    doc = read(tmp_path / "a.pptx")
    assert [(e.page, e.kind, doc.text[e.start : e.end]) for e in doc.elements] == [
        (1, "title", "Welcome"),
        (2, "heading", "Your first day"),
        (2, "list_item", "Badge photo"),
        (2, "list_item", "Lunch"),
        (2, "table", "Tool: Fernway | Use: Trips"),
        (2, "note", "Arrive at 08:30."),
        (3, "heading", "Orders"),
        (3, "table", "Category: 2025 | Orders: 120\nCategory: 2026 | Orders: 133"),
    ]
    assert [page.number for page in doc.pages] == [1, 2, 3]
    assert doc.title == "Welcome"


def test_a_workbook_has_a_page_per_sheet_with_values_as_shown(tmp_path: Path) -> None:
    import datetime as dt

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Health"
    sheet.append(["Plan", "Premium", "Share", "Since"])
    sheet.append(["Basic", 1084.5, 0.25, dt.date(2026, 3, 1)])
    sheet.append(["Plus", None, 0.5, dt.date(2026, 4, 1)])
    sheet["B2"].number_format = '#,##0.00 "EUR"'
    for cell in ("C2", "C3"):
        sheet[cell].number_format = "0%"
    book.create_sheet("Drafts").append(["Not yet"])
    book["Drafts"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    doc = read(tmp_path / "a.xlsx")
    assert doc.text.split("\n") == [
        "Plan: Basic | Premium: 1,084.50 EUR | Share: 25% | Since: 2026-03-01",
        "Plan: Plus | Share: 50% | Since: 2026-04-01",
    ]
    assert [page.label for page in doc.pages] == ["Health"]
    assert "Drafts" in doc.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separated_text_is_read_in_any_encoding(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [["Raum", "Plätze", "Etage"], ["Möhne", "24", "3"], ["Äsche", "8", "1"], ["Fünf Höfe", "12", "2"]]
    text = "\r\n".join(separator.join(row) for row in rows)
    doc = read(tmp_path / "a.csv", text.encode(encoding))
    assert doc.text.split("\n")[0] == "Raum: Möhne | Plätze: 24 | Etage: 3"


def test_tab_separated_text_is_known_by_its_name(tmp_path: Path) -> None:
    doc = read(tmp_path / "a.tsv", "Part\tPrice, net\nLobe\t12,50\n")
    assert doc.text == "Part: Lobe | Price, net: 12,50"


def test_markdown_keeps_its_structure(tmp_path: Path) -> None:
    doc = read(
        tmp_path / "a.md",
        "---\ntitle: On call\nowner: 'Bo'\n---\n# Rota\n\n"
        "Who is *on call* and\n~~when~~.\n\n[^1]: Weekly.\n\n- one\n- two\n\n3. three\n\n"
        "| Level | Who |\n|---|---|\n| 1 | Engineer |\n\n```python\nif x:\n    y = 1\n```\n\n<!-- a hidden note -->\n",
    )
    assert shape(doc) == [
        ("paragraph", "owner: Bo"),
        ("heading", "Rota"),
        ("paragraph", "Who is on call and when."),
        ("paragraph", "[^1]: Weekly."),
        ("list_item", "one"),
        ("list_item", "two"),
        ("list_item", "3. three"),
        ("table", "Level: 1 | Who: Engineer"),
        ("code", "if x:\n    y = 1"),
    ]
    assert doc.title == "On call"
    assert doc.warnings == ("Hidden text was left out: 3 words.",)


def test_html_is_read_without_its_frame_and_hidden_text(tmp_path: Path) -> None:
    doc = read(
        tmp_path / "a.html",
        "<!doctype html><html><head><title>Canteen | Intranet</title><style>.x{display:none}</style></head><body>"
        "<nav>Home</nav><h1>Canteen</h1><p>Open&nbsp;daily<br>from 11:45.<script>evil()</script></p>"
        "<ul><li>Soup<ol><li>Hot</li></ol></li></ul><p style='display:none'>secret one</p><p class=x>secret two</p>"
        "<table><tr><th>Day</th><th>Dish</th></tr><tr><td rowspan=2>Mon</td><td>Pie</td></tr>"
        "<tr><td>Stew</td></tr></table><pre>a\n  b</pre><footer><a href='/i'>Imprint</a></footer></body></html>",
    )
    assert shape(doc) == [
        ("heading", "Canteen"),
        ("paragraph", "Open daily\nfrom 11:45."),
        ("list_item", "Soup"),
        ("list_item", "1. Hot"),
        ("table", "Day: Mon | Dish: Pie\nDay: Mon | Dish: Stew"),
        ("code", "a\n  b"),
    ]
    assert doc.title == "Canteen"
    assert doc.warnings == ("Hidden text was left out: 4 words.",)


def test_a_very_deep_page_still_gives_its_text(tmp_path: Path) -> None:
    doc = read(tmp_path / "a.html", "<html><body>" + "<div>" * 3000 + "Found" + "</div>" * 3000 + "</body></html>")
    assert "Found" in doc.text


def test_a_message_has_its_head_body_and_attachments(tmp_path: Path) -> None:
    doc = read(tmp_path / "a.eml", making.mail(attachment=b"day,open\n24,no\n"))
    assert doc.title == "Winter shutdown"
    assert "From: Priya Nair <priya@tarnfield.example>" in doc.text
    assert "The site closes on 24 December." in doc.text
    (attachment,) = doc.attachments
    assert (attachment.filename, attachment.media_type) == ("dates.csv", "text/csv")
    assert attachment.content == b"day,open\n24,no\n"


def test_what_a_message_inside_a_message_holds_comes_with_that_message_only(tmp_path: Path) -> None:
    inner = email.message_from_bytes(making.mail(attachment=b"day,open\n24,no\n"))
    outer = MIMEMultipart()
    outer["Subject"] = "Fwd"
    outer.attach(MIMEText("See below."))
    outer.attach(MIMEMessage(inner))

    doc = read(tmp_path / "a.eml", outer.as_bytes())

    assert [attachment.filename for attachment in doc.attachments] == ["Winter shutdown.eml"]
    assert "The site closes" not in doc.text


def test_the_richer_body_of_a_message_is_read(tmp_path: Path) -> None:
    doc = read(
        tmp_path / "a.eml",
        making.mail(html="<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"),
    )
    assert ("table", "A: 1 | B: 2") in shape(doc)


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    doc = read(making.epub(tmp_path / "a.epub"))
    assert doc.title == "The Pump Book"
    assert [text for _, text in shape(doc)] == [
        "Lobes",
        "Lobes turn without touching.",
        "Seals",
        "Seals are flushed with water.",
    ]


def test_a_book_that_only_a_licence_opens_is_named_as_such(tmp_path: Path) -> None:
    locked = '<e><CipherReference xmlns="http://www.w3.org/2001/04/xmlenc#" URI="book/a.xhtml"/></e>'
    path = making.epub(tmp_path / "a.epub")
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("META-INF/encryption.xml", locked)
    with pytest.raises(EncryptedFile):
        read(path)


def test_restructured_text_is_read_through_unstructured_without_a_download(tmp_path: Path) -> None:
    doc = read(tmp_path / "a.rst", "Leave\n=====\n\nParental leave is twelve weeks.\n\n- Ask the People Team.\n")
    assert "Parental leave is twelve weeks." in doc.text
    assert "Ask the People Team." in doc.text
    assert doc.parser == "unstructured-rst"


def test_plain_text_has_headings_items_and_columns(tmp_path: Path) -> None:
    doc = read(
        tmp_path / "a.txt",
        "EVACUATION NOTICE\n\nLeave the building\nby the nearest exit.\n\n1. Press the call point.\n2. Ring 4999.\n\n"
        "Record          Kept for\n--------------- ----------\nInvoices        8 years\n",
    )
    assert shape(doc) == [
        ("heading", "EVACUATION NOTICE"),
        ("paragraph", "Leave the building\nby the nearest exit."),
        ("list_item", "1. Press the call point."),
        ("list_item", "2. Ring 4999."),
        ("table", "Record: Invoices | Kept for: 8 years"),
    ]


def test_json_xml_and_source_code_are_read(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", '{"pump": {"type": "RB-203", "bars": [6, 12]}}').text == (
        "pump.type: RB-203\npump.bars: 6\npump.bars: 12"
    )
    assert "type: RB-203" in read(tmp_path / "a.xml", '<?xml version="1.0"?><pump><type>RB-203</type></pump>').text
    assert shape(read(tmp_path / "a.py", "def f():\n\treturn 1\n")) == [("code", "def f():\n    return 1")]


def test_xml_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    xml = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a><b>seen</b><c>&x;</c></a>'
    assert "top secret" not in read(tmp_path / "a.xml", xml).text


@pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed")
@pytest.mark.parametrize("kind", ["png", "jpg", "tiff"])
def test_a_picture_of_text_is_recognised(tmp_path: Path, kind: str) -> None:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (900, 200), "white")
    ImageDraw.Draw(picture).text((40, 60), "Invoice number 4711", font=ImageFont.load_default(60), fill="black")
    picture.save(tmp_path / f"a.{kind}", dpi=(150, 150))
    doc = read(tmp_path / f"a.{kind}")
    assert "4711" in doc.text
    assert doc.pages[0].lines


@pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed")
def test_pages_of_a_picture_beyond_the_limit_are_named(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    first, *others = [Image.new("L", (500, 120), "white") for _ in range(4)]
    for number, frame in enumerate((first, *others), start=1):
        words = ("North", "South", "West", "East")[number - 1]
        ImageDraw.Draw(frame).text((20, 30), f"{words} gate", font=ImageFont.load_default(50), fill="black")
    first.save(tmp_path / "a.tiff", save_all=True, append_images=others, dpi=(150, 150))
    doc = parse(tmp_path / "a.tiff", filename="a.tiff", limits=replace(Limits(), ocr_pages=2))

    assert doc.text.endswith("South gate")
    assert (len(doc.pages), doc.recognised_pages, doc.unread_pages) == (4, (1, 2), (3, 4))
    assert doc.warnings[-1] == "Pages whose pictures were not read, because there are many: 3-4."


@pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed")
def test_scanned_pages_in_which_nothing_was_recognised_are_named(tmp_path: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    first, second = [Image.new("L", (1000, 600), "white") for _ in range(2)]
    ImageDraw.Draw(first).text((60, 200), "Invoice number 4711", font=ImageFont.load_default(80), fill="black")
    ImageDraw.Draw(second).ellipse((300, 100, 700, 500), fill="gray")
    first.save(tmp_path / "a.pdf", save_all=True, append_images=[second], resolution=150)

    doc = read(tmp_path / "a.pdf")

    assert "4711" in doc.text
    assert doc.warnings == (
        "Text was recognised from pictures on pages 1; it may contain errors.",
        "Pages in whose pictures no text was found: 2.",
    )


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.txt", [[(50, 500, "Really a PDF", 10)]])
    assert read(path).parser == "pdf"
    archive = making.zipped(tmp_path / "a.pdf", {"readme.txt": "hello"})
    with pytest.raises(UnsupportedFile, match="ZIP"):
        read(archive)
    assert read(tmp_path / "b.txt", "<!DOCTYPE html><html><body><p>Web page</p></body></html>").parser == "html"
    assert read(tmp_path / "old.xls", "<table><tr><td>Day<td>Dish</table>").parser == "html"
    assert read(tmp_path / "data", '{"pump": "RB-203"}').text == "pump: RB-203"
    assert sniff(making.epub(tmp_path / "b.zip"), "b.zip") == "application/epub+zip"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.txt", b"", EmptyFile),
        ("blank.pdf", b"\0\0\n", EmptyFile),
        ("broken.docx", b"PK\x03\x04" + b"\0" * 60, DamagedFile),
        ("broken.pdf", b"%PDF-1.7\nnothing more", DamagedFile),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, DamagedFile),
        ("noise.bin", bytes(range(256)) * 20, UnsupportedFile),
        ("song.mp3", b"ID3\x03\0\0\0\0\0\x21" + b"\xff\xfb\x90\0" * 200, UnsupportedFile),
        ("empty.html", b"<html><body><script>1</script></body></html>", NoText),
        ("broken.ipynb", b'{"a": ', DamagedFile),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, name: str, content: bytes, error: type[IngestionError]
) -> None:
    with pytest.raises(error) as caught:
        read(tmp_path / name, content)
    assert caught.value.message.endswith(".")
    assert caught.value.hint.endswith(".")


def test_an_encrypted_workbook_is_named_as_such(tmp_path: Path) -> None:
    import io

    import msoffcrypto.format.ooxml as ooxml
    from openpyxl import Workbook

    plain = io.BytesIO()
    Workbook().save(plain)
    plain.seek(0)
    with (tmp_path / "a.xlsx").open("wb") as out:
        ooxml.OOXMLFile(plain).encrypt("secret", out)
    with pytest.raises(EncryptedFile):
        read(tmp_path / "a.xlsx")
