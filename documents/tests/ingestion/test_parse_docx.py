"""Formulas, raised figures, symbols, form fields and lists in cells of a DOCX file are read as they are printed."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml

from documents.ingestion.parse import parse
from documents.ingestion.types import Limits

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def letters(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def field(inside: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{inside}</w:ffData></w:fldChar></w:r>'


ROOT = f"<m:rad><m:deg/><m:e>{letters('b')}</m:e></m:rad>"
SUM = (
    f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{letters("k=0")}</m:sub><m:sup>{letters("n")}</m:sup>'
    f"<m:e>{letters('k')}</m:e></m:nary>"
)
CLASSES = '<w:listEntry w:val="Economy"/><w:listEntry w:val="First"/>'
RAISED = '<w:vertAlign w:val="superscript"/>'


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (f"<m:oMath><m:f><m:num>{letters('−a±')}{ROOT}</m:num><m:den>{letters('2π')}</m:den></m:f></m:oMath>",
         "$\\frac{−a\\pm \\sqrt{b}}{2\\pi}$"),
        (f"<m:oMath>{SUM}</m:oMath>", "$\\sum_{k=0}^{n} k$"),
        (f"<m:oMath>{letters('F=ma')}</m:oMath>", "F=ma"),
        (f"<m:oMath><m:d><m:e><m:m><m:mr><m:e>{letters('a')}</m:e><m:e>{letters('b')}</m:e></m:mr></m:m></m:e></m:d></m:oMath>",
         "$\\left(\\begin{matrix}a & b\\end{matrix}\\right)$"),
        (run("10") + run("6", RAISED) + run(" t") + run(" as agreed") + run("2", RAISED), "10⁶ t as agreed ²"),
        (run("below 5 ") + '<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>' + run("C"), "below 5 °C"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>' + run(" done"), "[x] done"),
        (run("☒ flown") + run(" ☐ driven"), "[x] flown [ ] driven"),
        (field('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>') + run(" yes"), "[x] yes"),
        (run("Class: ") + field(f'<w:ddList><w:result w:val="1"/>{CLASSES}</w:ddList>'), "Class: First"),
    ],
)  # fmt: skip
def test_signs_are_read_as_they_are_printed(tmp_path: Path, inside: str, text: str) -> None:
    word = docx.Document()
    word.element.body.insert(0, parse_xml(f"<w:p {NAMES}>{inside}</w:p>"))
    word.save(str(tmp_path / "a.docx"))
    assert parse(tmp_path / "a.docx", filename="a.docx", limits=Limits()).text == text


def test_lists_and_notes_in_cells_stay_with_their_table(tmp_path: Path) -> None:
    word = docx.Document()
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(table.rows[0].cells, ("Job", "Steps"), strict=True):
        cell.text = text
    table.cell(1, 0).text = "Start"
    steps = table.cell(1, 1)
    steps.paragraphs[0].text = "Open"
    steps.paragraphs[0].style = word.styles["List Number"]
    steps.add_paragraph("Run", style="List Number")
    word.add_comment(steps.paragraphs[0].runs, text="Slowly", author="Priya")
    word.add_paragraph("After")
    word.save(str(tmp_path / "a.docx"))
    doc = parse(tmp_path / "a.docx", filename="a.docx", limits=Limits())
    assert [doc.text[e.start : e.end] for e in doc.elements] == [
        "Job | Steps\nStart | 1. Open 2. Run",
        "Comment by Priya: Slowly",
        "After",
    ]
