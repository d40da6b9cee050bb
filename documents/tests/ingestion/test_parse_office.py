"""What stands beside the text of office files and PDF forms is read, too, and numbers look as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen import canvas

from documents.ingestion.parse import parse
from documents.ingestion.parsers.number_formats import shown
from documents.ingestion.types import Limits, ParsedDocument

LIMITS = Limits()


def read(path: Path) -> ParsedDocument:
    return parse(path, filename=path.name, limits=LIMITS)


def shape(doc: ParsedDocument) -> list[tuple[str, str]]:
    return [(e.kind, doc.text[e.start : e.end]) for e in doc.elements]


def test_docx_gives_comments_where_they_belong_and_page_headers_once(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    section = word.sections[0]
    section.header.paragraphs[0].text = "Tarnfield Pumps plc"
    section.footer.paragraphs[0].text = "Confidential to staff"
    first = word.add_paragraph("Flights are booked by the travel desk.")
    word.add_comment(first.runs, text="Also rail?", author="Priya Nair", initials="PN")
    word.add_paragraph("Hotels are booked by you.")
    word.save(str(tmp_path / "a.docx"))
    assert shape(read(tmp_path / "a.docx")) == [
        ("paragraph", "Flights are booked by the travel desk."),
        ("note", "Comment by Priya Nair: Also rail?"),
        ("paragraph", "Hotels are booked by you."),
        ("running", "Tarnfield Pumps plc"),
        ("running", "Confidential to staff"),
    ]


def test_docx_leaves_out_what_was_deleted_and_keeps_what_was_put_in(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml

    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    word = docx.Document()
    paragraph = word.add_paragraph("The limit is ")
    for change, tag, text in (("del", "delText", "50 EUR"), ("ins", "t", "80 EUR")):
        paragraph._p.append(
            parse_xml(f'<w:{change} xmlns:w="{main}"><w:r><w:{tag}>{text}</w:{tag}></w:r></w:{change}>')
        )
    word.save(str(tmp_path / "a.docx"))
    assert read(tmp_path / "a.docx").text == "The limit is 80 EUR"


def test_pptx_reads_groups_footers_and_numbered_lists_and_tells_what_lies_beside_the_slide(tmp_path: Path) -> None:
    from pptx import Presentation
    from pptx.oxml.ns import qn
    from pptx.util import Inches

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1)).text_frame.text = "In a group"
    steps = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(3), Inches(1)).text_frame
    steps.text = "Unpack"
    steps.add_paragraph().text = "Connect"
    for paragraph in steps.paragraphs:
        look = paragraph._p.get_or_add_pPr()
        look.append(look.makeelement(qn("a:buAutoNum"), {"type": "arabicPeriod"}))
    slide.shapes.add_textbox(Inches(-5), Inches(1), Inches(3), Inches(1)).text_frame.text = "a note beside it"
    deck.save(str(tmp_path / "a.pptx"))
    doc = read(tmp_path / "a.pptx")
    assert shape(doc) == [("paragraph", "In a group"), ("list_item", "1. Unpack"), ("list_item", "2. Connect")]
    assert doc.warnings == ("Hidden text was left out: 4 words, on page 1.",)


def test_a_workbook_gives_joined_cells_tables_beside_each_other_comments_and_formulas(tmp_path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.comments import Comment

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sites"
    for row in (
        ["Site", "Sales", None, None, "Person", "Phone"],
        [None, "2025", "2026", None, "Ada", "4711"],
        ["York", 10, 12, None, "Bo", "4712"],
        ["Hull", 20, "=SUM(B3:B4)", None, "Cy", "4713"],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    sheet["B3"].comment = Comment("Estimated", "Priya")
    sheet.oddHeader.center.text = "Tarnfield Pumps plc"
    book.save(tmp_path / "a.xlsx")
    doc = read(tmp_path / "a.xlsx")
    assert shape(doc) == [
        (
            "table",
            "Site: York | Sales 2025: 10 | Sales 2026: 12\nSite: Hull | Sales 2025: 20",
        ),
        ("table", "Person: Ada | Phone: 4711\nPerson: Bo | Phone: 4712\nPerson: Cy | Phone: 4713"),
        ("note", "B3, comment by Priya: Estimated"),
        ("note", "Tarnfield Pumps plc"),
    ]
    assert doc.warnings == ("“Sites” has formulas whose values are not stored; these cells stay empty: 1.",)


def test_a_figure_that_nobody_has_calculated_yet_is_none_and_the_text_of_a_link_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("Costs")
    sheet.write_row(0, 0, ["Item", "Cost", "Paid"])
    sheet.write_row(1, 0, ["Rent", 70, 0])
    sheet.write(2, 0, "Total")
    sheet.write_formula(2, 1, "=SUM(B2:B2)")
    sheet.write_formula(3, 0, '=HYPERLINK("https://intranet.example/a","The ""full"" list")', None, "")
    sheet.write_formula(3, 1, "=B2+1", None, 71)
    book.close()

    doc = read(tmp_path / "a.xlsx")

    assert doc.text == 'Item: Rent | Cost: 70 | Paid: 0\nItem: Total\nItem: The "full" list | Cost: 71'
    assert "stay empty: 1." in doc.warnings[0]


def test_letters_in_the_colour_of_their_cell_are_hidden_and_those_of_a_dark_head_are_not(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("Rates")
    pale, white_on_blue = {"font_color": "#FFFFFF"}, {"font_color": "#FFFFFF", "bg_color": "#204080"}
    for column, name in enumerate(("Country", "Rate")):
        sheet.write(0, column, name, book.add_format(white_on_blue))
    sheet.write_row(1, 0, ("Norway", 38))
    sheet.write_row(2, 0, ("Sweden", 42))
    unseen = (pale, {"num_format": ";;;"}, {"font_size": 1}, {"font_color": "#AA0000", "bg_color": "#AA0000"})
    for row, style in enumerate(unseen, start=5):
        sheet.write(row, 0, f"Tell everybody secret number {row}", book.add_format(style))
    # A table and a condition colour cells themselves, so white letters may be read there.
    sheet.write("D2", "Striped", book.add_format(pale))
    sheet.add_table("D1:E3", {"columns": [{"header": "Kind"}, {"header": "Share"}]})
    sheet.write("G1", "Warned", book.add_format(pale))
    sheet.conditional_format("G1", {"type": "no_blanks", "format": book.add_format({"bg_color": "#000000"})})
    book.close()

    doc = read(tmp_path / "a.xlsx")

    said = " ".join((doc.text, *(name for element in doc.elements for name in element.header)))
    assert [word for word in ("Country", "Rate", "Norway", "Kind", "Striped", "Warned") if word not in said] == []
    assert "secret" not in said
    assert sum(part.words for part in doc.hidden) == 20


def test_a_pdf_gives_what_was_filled_into_its_form_and_comments(tmp_path: Path) -> None:
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(400, 600))
    sheet.drawString(50, 500, "Name of employee:")
    sheet.acroForm.textfield(name="name", value="Priya Nair", x=170, y=490, width=150, height=20)
    sheet.drawString(50, 400, "Works from home:")
    sheet.acroForm.checkbox(name="home", checked=True, x=170, y=395, size=14)
    sheet.textAnnotation("Ask payroll first.", Rect=(300, 300, 320, 320))
    sheet.save()
    assert shape(read(tmp_path / "a.pdf")) == [
        ("paragraph", "Name of employee: Priya Nair"),
        ("paragraph", "Works from home: ☒"),
        ("note", "Comment: Ask payroll first."),
    ]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1084.5, '#,##0.00 "EUR"', "1,084.50 EUR"),
        (-1234.5, "#,##0.00_);(#,##0.00)", "(1,234.50)"),
        (0.1234, "0.0#%", "12.34%"),
        (12345678, '0.0,,"M"', "12.3M"),
        (5, "00000", "00005"),
        (0, '0;-0;"none"', "none"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (46082, "yyyy-mm-dd", "2026-03-01"),
        (46082.5, "m/d/yyyy h:mm", "3/1/2026 12:00 (2026-03-01)"),
        (46082, "d-mmm-yy", "1-Mar-26"),
        (1.5, "[h]:mm", "36:00"),
        (0.5, "h:mm AM/PM", "12:00 PM"),
        (0.3333, "# ?/?", "1/3"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"),
    ],
)
def test_numbers_and_dates_look_as_the_sheet_shows_them(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_a_cell_of_a_text_table_that_runs_over_its_column_is_not_cut_in_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "Record      Kept for   Owner\n----------  ---------  -------\nInvoices    8 years    Finance\n"
        "Drawings    as long as sold, then 15 years\nNotes                  Nobody\n"
    )

    doc = read(tmp_path / "a.txt")

    assert "Record: Drawings | Kept for: as long as sold, then 15 years\n" in doc.text
    assert doc.text.endswith("Record: Notes | Owner: Nobody")
