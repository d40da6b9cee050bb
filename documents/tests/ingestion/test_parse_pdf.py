"""PDF: order, paragraphs, tables, headings, hidden text, scans and places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from reportlab.platypus import SimpleDocTemplate, Table

from documents.ingestion.errors import DamagedFile, EncryptedFile, NoText, TooLarge
from documents.ingestion.parse import parse
from documents.ingestion.parsers import ocr
from documents.ingestion.types import Limits, ParsedDocument, boxes_for, from_json, to_json
from documents.tests.ingestion import making
from documents.tests.ingestion.making import HEIGHT, WIDTH, column

LIMITS = Limits()


def read(path: Path, limits: Limits = LIMITS) -> ParsedDocument:
    return parse(path, filename=path.name, limits=limits)


def texts(doc: ParsedDocument, kind: str = "") -> list[str]:
    return [doc.text[e.start : e.end] for e in doc.elements if kind in ("", e.kind)]


def test_a_known_word_lies_where_it_was_drawn(tmp_path: Path) -> None:
    doc = read(making.pdf(tmp_path / "a.pdf", [[(50, 500, "Parental leave is twelve weeks", 10)]]))
    start = doc.text.index("twelve")
    ((page, box),) = boxes_for(doc.pages, start, start + len("twelve"))
    assert page == 1
    from reportlab.pdfbase.pdfmetrics import stringWidth

    left = 50 + stringWidth("Parental leave is ", "Helvetica", 10)
    right = left + stringWidth("twelve", "Helvetica", 10)
    assert box.x0 * WIDTH == pytest.approx(left, abs=1)
    assert box.x1 * WIDTH == pytest.approx(right, abs=1)
    assert box.y0 * HEIGHT < HEIGHT - 507 + 1
    assert HEIGHT - 500 <= box.y1 * HEIGHT <= HEIGHT - 500 + 4


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_places_follow_a_turned_page(tmp_path: Path, turn: int) -> None:
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    sheet.setPageRotation(turn)
    sheet.drawString(50, 300, "Marked")
    sheet.save()
    doc = read(tmp_path / "a.pdf")
    assert doc.text == "Marked"
    ((_, box),) = boxes_for(doc.pages, 0, 6)
    page = doc.pages[0]
    x, y = (box.x0 + box.x1) / 2 * page.width, (box.y0 + box.y1) / 2 * page.height
    # Before it is turned, a page shown upright lies on its side: 600 points wide and 400 high.
    middle = {0: (70, HEIGHT - 303), 90: (303, 70), 180: (WIDTH - 70, 303), 270: (WIDTH - 303, HEIGHT - 70)}[turn]
    assert (x, y) == pytest.approx(middle, abs=6)


def test_lines_become_a_paragraph_and_hyphens_at_their_ends_are_undone(tmp_path: Path) -> None:
    lines = ["Everyone may take paren-", "tal leave of twelve weeks at", "any time in the first year."]
    doc = read(making.pdf(tmp_path / "a.pdf", [column(50, 500, lines)]))
    assert texts(doc) == ["Everyone may take parental leave of twelve weeks at any time in the first year."]
    start = doc.text.index("parental")
    assert len(boxes_for(doc.pages, start, start + len("parental"))) == 2


def test_words_written_with_a_hyphen_elsewhere_keep_it(tmp_path: Path) -> None:
    lines = ["The well-known rule is old.", "It is also called the well-", "known rule of the house here."]
    doc = read(making.pdf(tmp_path / "a.pdf", [column(50, 500, lines)]))
    assert doc.text.count("well-known") == 2


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [f"Left column line {number} has some words" for number in range(8)]
    right = [f"Right column line {number} has more words" for number in range(8)]
    page = [(50.0, 560.0, "A title across both of the columns of this page", 14.0)]
    doc = read(making.pdf(tmp_path / "a.pdf", [[*page, *column(20, 520, left, 8), *column(215, 520, right, 8)]]))
    body = doc.text
    assert body.index("A title") < body.index("Left column line 0")
    assert body.index("Left column line 7") < body.index("Right column line 0")
    assert "line 0 has some words Left column line 1" in body


def test_three_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    lines = [[f"Part {part} line {number} has words" for number in range(12)] for part in "abc"]
    columns = (column(15 + 128 * at, 520, part, 7) for at, part in enumerate(lines))
    doc = read(making.pdf(tmp_path / "a.pdf", [[line for part in columns for line in part]]))
    assert doc.text == "\n\n".join(" ".join(part) for part in lines)


def test_a_frame_around_a_page_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    sheet = canvas.Canvas(str(path), pagesize=(making.WIDTH, making.HEIGHT))
    sheet.rect(20, 20, 360, 560)
    for y in (500, 300, 200):
        sheet.line(20, y, 380, y)
    sheet.line(200, 200, 200, 300)
    sheet.setFont("Helvetica", 10)
    sheet.drawString(150, 540, "Preliminary estimate of repairs")
    sheet.drawString(30, 400, "Please pay within fourteen days of receipt.")
    sheet.save()
    assert texts(read(path)) == ["Preliminary estimate of repairs", "Please pay within fourteen days of receipt."]


def test_headings_have_levels_by_size_and_the_first_is_the_title(tmp_path: Path) -> None:
    page = [(50.0, 550.0, "Travel policy", 22.0), (50.0, 500.0, "Flights", 15.0)]
    page += column(50, 480, ["Flights are booked in economy class by the travel desk."])
    page += [(50.0, 440.0, "Hotels", 15.0), *column(50, 420, ["Hotels are paid up to 130 EUR a night for all."])]
    doc = read(making.pdf(tmp_path / "a.pdf", [page]))
    assert [(e.kind, e.level) for e in doc.elements if e.kind != "paragraph"] == [
        ("title", 0),
        ("heading", 2),
        ("heading", 2),
    ]
    assert doc.title == "Travel policy"
    assert doc.language == "en"


@pytest.mark.parametrize(
    ("headings", "title"),
    [
        ([("1 Working time", 15.0), ("2 Leave", 15.0)], "handbook"),
        ([("1 Working time", 15.0)], "handbook"),
        ([("Working time", 15.0), ("Leave", 15.0)], "handbook"),
        ([("Staff handbook", 22.0), ("Working time", 15.0), ("Leave", 15.0)], "Staff handbook"),
    ],
)
def test_the_heading_of_a_section_is_no_title(tmp_path: Path, headings: list[tuple[str, float]], title: str) -> None:
    page = []
    for place, (words, size) in enumerate(headings):
        top = 550.0 - 80 * place
        page += [
            (50.0, top, words, size),
            *column(50, top - 30, ["Everything is said in this part, and at length too."]),
        ]

    assert read(making.pdf(tmp_path / "handbook.pdf", [page])).title == title


def test_bookmarks_name_headings(tmp_path: Path) -> None:
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    sheet.setFont("Helvetica", 10)
    sheet.bookmarkPage("a")
    sheet.addOutlineEntry("Notice periods", "a", level=0)
    sheet.drawString(50, 500, "Notice periods")
    sheet.drawString(50, 470, "Either side may end the contract with four weeks of notice.")
    sheet.save()
    doc = read(tmp_path / "a.pdf")
    assert texts(doc, "title") == ["Notice periods"]


@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "aligned"])
def test_table_rows_can_be_understood_alone(tmp_path: Path, ruled: bool) -> None:
    path = tmp_path / "a.pdf"
    rows = [["Grade", "Days of leave", "Pay"], ["A", "25", "full"], ["B", "28", ""], ["C", "30", "half"]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if ruled else []
    SimpleDocTemplate(str(path), pagesize=A4).build([Table(rows, style=style, colWidths=120)])
    doc = read(path)
    (table,) = [e for e in doc.elements if e.kind == "table"]
    assert table.header == ("Grade", "Days of leave", "Pay")
    assert doc.text[table.start : table.end].split("\n") == [
        "Grade: A | Days of leave: 25 | Pay: full",
        "Grade: B | Days of leave: 28",
        "Grade: C | Days of leave: 30 | Pay: half",
    ]
    start = doc.text.index("half")
    assert len(boxes_for(doc.pages, start, start + 4)) == 1


def test_text_nobody_can_see_is_left_out_and_reported(tmp_path: Path) -> None:
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    sheet.drawString(50, 500, "Seen by all")
    sheet.setFillColor(colors.white)
    sheet.drawString(50, 450, "white secret")
    sheet.setFillColor(colors.black)
    sheet.setFont("Helvetica", 0.5)
    sheet.drawString(50, 400, "tiny secret")
    sheet.setFont("Helvetica", 12)
    sheet.drawString(50, -50, "outside secret")
    sheet.saveState()
    invisible = sheet.beginText(50, 350)
    invisible.setTextRenderMode(3)
    invisible.textLine("invisible secret")
    sheet.drawText(invisible)
    sheet.restoreState()
    sheet.setFillColor(colors.navy)
    sheet.rect(40, 290, 200, 30, fill=1)
    sheet.setFillColor(colors.white)
    sheet.drawString(50, 300, "White on blue")
    sheet.save()
    doc = read(tmp_path / "a.pdf")
    assert "secret" not in doc.text
    assert "Seen by all" in doc.text
    assert "White on blue" in doc.text
    assert doc.warnings == ("Hidden text was left out: 8 words, on page 1.",)


def test_a_protected_file_is_named_as_such(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Secret", 10)]], password="open sesame")
    with pytest.raises(EncryptedFile):
        read(path)


def test_a_truncated_file_ends_with_a_reason_or_with_its_text(tmp_path: Path) -> None:
    whole = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Whole", 10)]]).read_bytes()
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[: len(whole) // 3])
    with pytest.raises((DamagedFile, NoText)):
        read(cut)


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "Page", 10)]] * 4)
    with pytest.raises(TooLarge, match="4 pages"):
        read(path, replace(LIMITS, pages=3))


def test_a_page_without_text_or_picture_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoText):
        read(making.pdf(tmp_path / "a.pdf", [[]]))


@pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed")
def test_a_scanned_page_is_recognised_with_places(tmp_path: Path) -> None:
    doc = read(making.scan(tmp_path / "scan.pdf", "Invoice number 4711"))
    assert "4711" in doc.text
    start = doc.text.index("4711")
    ((_, box),) = boxes_for(doc.pages, start, start + 4)
    assert 0.3 < box.x0 < box.x1 < 0.8
    assert 0.2 < box.y0 < box.y1 < 0.8
    assert any("recognised" in warning for warning in doc.warnings)


def test_the_document_survives_json(tmp_path: Path) -> None:
    doc = read(making.pdf(tmp_path / "a.pdf", [[(50, 500, "Parental leave is twelve weeks", 10)]]))
    assert from_json(to_json(doc)) == doc
