"""Write the PDF, Word, Excel, PowerPoint and mail files of the sample corpus from `sources/`.

Usage: python documents/samples/build.py [--out FOLDER]

The sources are a small subset of Markdown with a front matter, so that the words can be read and changed
as text; the plain text formats of the corpus (HTML, Markdown, CSV, TXT) are edited in place. The same
sources give the same files: times, identifiers and archive orders are fixed. Needs reportlab (group dev).
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
import openpyxl
import pptx
from openpyxl.styles import Alignment, Font, PatternFill
from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus.tableofcontents import TableOfContents

HERE = Path(__file__).resolve().parent
WRITTEN_AT = datetime(2026, 11, 16, 9, 0, 0)
INK, ACCENT, PALE, RULE = HexColor("#1f2933"), HexColor("#0b5c7a"), HexColor("#e8f0f3"), HexColor("#b8c4ca")
TARGETS = {
    "company/handbook.pdf": "handbook",
    "company/policies/travel-expense-policy-2025.docx": "travel-expense-policy-2025",
    "company/policies/travel-expense-policy-2026.pdf": "travel-expense-policy-2026",
    "company/policies/security-policy.pdf": "security-policy",
    "company/people/benefits-2026.xlsx": "benefits",
    "company/people/onboarding-slides.pptx": "onboarding",
    "company/contracts/service-agreement-brackwater.docx": "service-agreement-brackwater",
    "company/products/manual-rb-203.pdf": "manual-rb-203",
    "company/products/datasheet-ks-44.pdf": "datasheet-ks-44",
    "company/kassel/betriebsvereinbarung-mobiles-arbeiten.pdf": "betriebsvereinbarung-mobiles-arbeiten",
    "hr/salary-bands-2026.xlsx": "salary-bands-2026",
    "hr/reorganisation-plan-kestrel.docx": "reorganisation-plan-kestrel",
    "company/mail/winter-shutdown-2026.eml": "winter-shutdown-mail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a source: kind is heading1, heading2, text, notes, bullets, numbers, table or figure."""

    kind: str
    text: str = ""
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A parsed source: its front matter and its blocks in order."""

    meta: dict[str, str]
    blocks: list[Block]


def read_source(name: str) -> Source:
    """Parse `sources/<name>.md`; blocks are separated by blank lines, tables have no separator row."""
    _, front, body = (HERE / "sources" / f"{name}.md").read_text(encoding="utf-8").split("---\n", 2)
    meta = dict(line.split(": ", 1) for line in front.strip().splitlines())
    return Source(meta=meta, blocks=[_block(chunk.strip()) for chunk in re.split(r"\n\s*\n", body.strip())])


def _block(chunk: str) -> Block:
    lines = chunk.splitlines()
    if match := re.match(r"(#+) (.+)", chunk):
        return Block(kind=f"heading{len(match[1])}", text=match[2])
    if match := re.match(r"!\[figure:(\w+)\]\((.+)\)", chunk):
        return Block(kind="figure", text=match[2], items=[match[1]])
    if chunk.startswith("> "):
        return Block(kind="notes", text=chunk.removeprefix("> Speaker notes: "))
    if chunk.startswith("- "):
        return Block(kind="bullets", items=[line[2:] for line in lines])
    if chunk.startswith("1. "):
        return Block(kind="numbers", items=[line.split(". ", 1)[1] for line in lines])
    if chunk.startswith("| "):
        return Block(kind="table", rows=[[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines])
    return Block(kind="text", text=" ".join(lines))


# PDF


def _styles() -> dict[str, ParagraphStyle]:
    for face, file in (("Vera", "Vera"), ("Vera-Bold", "VeraBd"), ("Vera-Italic", "VeraIt")):
        pdfmetrics.registerFont(TTFont(face, f"{file}.ttf"))
    text = ParagraphStyle("text", fontName="Vera", fontSize=9.5, leading=14.5, spaceAfter=7, textColor=INK)
    heading = {"parent": text, "fontName": "Vera-Bold", "textColor": ACCENT, "keepWithNext": 1}
    return {
        "text": text,
        "cell": ParagraphStyle("cell", parent=text, fontSize=8.5, leading=11.5, spaceAfter=0),
        "head": ParagraphStyle("head", parent=text, fontName="Vera-Bold", fontSize=8.5, leading=11.5, spaceAfter=0),
        "caption": ParagraphStyle("caption", parent=text, fontName="Vera-Italic", fontSize=8.5, leading=12),
        "title": ParagraphStyle("title", fontSize=22, leading=28, spaceAfter=6, **heading),
        "subtitle": ParagraphStyle("subtitle", parent=text, fontSize=11, leading=16, spaceAfter=4),
        "heading1": ParagraphStyle("heading1", fontSize=15, leading=20, spaceBefore=14, spaceAfter=7, **heading),
        "heading2": ParagraphStyle("heading2", fontSize=11.5, leading=16, spaceBefore=8, spaceAfter=4, **heading),
        "toc1": ParagraphStyle("toc1", parent=text, fontName="Vera-Bold", spaceBefore=4, spaceAfter=0),
        "toc2": ParagraphStyle("toc2", parent=text, leftIndent=14, fontSize=9, leading=12.5, spaceAfter=0),
    }


def pdf(source: Source) -> bytes:
    """Set a source as A4 pages with running header, page numbers, bookmarks and, if wanted, contents."""
    styles, meta, target = _styles(), source.meta, io.BytesIO()
    page_word = {"de": "Seite"}.get(meta["language"], "Page")

    def furniture(canvas: Any, template: Any) -> None:
        canvas.setFont("Vera", 7.5)
        canvas.setFillColor(INK)
        canvas.setStrokeColor(RULE)
        canvas.drawString(22 * mm, A4[1] - 14 * mm, meta["title"])
        canvas.drawRightString(A4[0] - 22 * mm, A4[1] - 14 * mm, meta["reference"])
        canvas.line(22 * mm, A4[1] - 16 * mm, A4[0] - 22 * mm, A4[1] - 16 * mm)
        canvas.drawString(22 * mm, 12 * mm, "Tarnfield Flow Technologies")
        canvas.drawRightString(A4[0] - 22 * mm, 12 * mm, f"{page_word} {template.page}")

    def bookmark(flowable: Any) -> None:
        level = {"heading1": 0, "heading2": 1}.get(getattr(getattr(flowable, "style", None), "name", ""))
        if level is not None:
            text, key = flowable.getPlainText(), f"h{flowable.number}"
            template.canv.bookmarkPage(key)
            template.canv.addOutlineEntry(text, key, level)
            template.notify("TOCEntry", (level, escape(text), template.page, key))

    template = BaseDocTemplate(
        target,
        pagesize=A4,
        title=meta["title"],
        author=meta["author"],
        subject=meta["subtitle"],
        lang=meta["language"],
        invariant=1,
    )
    frame = Frame(22 * mm, 20 * mm, A4[0] - 44 * mm, A4[1] - 42 * mm, 0, 0, 0, 0)
    template.addPageTemplates(PageTemplate(frames=[frame], onPage=furniture))
    template.afterFlowable = bookmark
    story: list[Any] = [Paragraph(escape(meta["title"]), styles["title"])]
    story += [Paragraph(escape(meta[key]), styles["subtitle"]) for key in ("subtitle", "author")]
    story.append(Spacer(1, 5 * mm))
    if "toc" in meta:
        story += [TableOfContents(levelStyles=[styles["toc1"], styles["toc2"]], dotsMinLevel=0), PageBreak()]
    for number, block in enumerate(source.blocks):
        story += _pdf_block(block, styles, frame._width, number)
    template.multiBuild(story)
    return target.getvalue()


def _pdf_block(block: Block, styles: dict[str, ParagraphStyle], width: float, number: int) -> list[Any]:
    if block.kind == "table":
        rows = [[Paragraph(escape(cell), styles["cell"]) for cell in row] for row in block.rows[1:]]
        head = [Paragraph(escape(cell), styles["head"]) for cell in block.rows[0]]
        table = Table(
            [head, *rows],
            colWidths=_column_widths(block.rows, width),
            repeatRows=1,
            style=[
                ("GRID", (0, 0), (-1, -1), 0.4, RULE),
                ("BACKGROUND", (0, 0), (-1, 0), PALE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
            ],
        )
        return [table, Spacer(1, 4 * mm)]
    if block.items and block.kind != "figure":
        bullets = {"bulletType": "bullet", "start": "•"} if block.kind == "bullets" else {"bulletType": "1"}
        style = ParagraphStyle("item", parent=styles["text"], spaceAfter=2)
        items = [Paragraph(escape(item), style) for item in block.items]
        return [
            ListFlowable(items, bulletFontName="Vera", bulletFontSize=9, leftIndent=16, **bullets),
            Spacer(1, 5),
        ]
    if block.kind == "figure":
        caption = Paragraph(escape(block.text), styles["caption"])
        return [KeepTogether([FIGURES[block.items[0]](), Spacer(1, 3), caption]), Spacer(1, 4 * mm)]
    paragraph = Paragraph(escape(block.text), styles[block.kind])
    paragraph.number = number  # afterFlowable names the bookmark by it; ids would differ between the two passes
    return [paragraph]


def _column_widths(rows: list[list[str]], width: float) -> list[float]:
    """Give each column its longest word (codes must not break), and share the rest by length of text."""
    columns = list(zip(*rows, strict=True))
    words = [max((word for cell in column for word in cell.split()), key=len) for column in columns]
    least = [pdfmetrics.stringWidth(word, "Vera-Bold", 8.5) + 14 for word in words]
    share = [min(60, max(len(cell) for cell in column)) for column in columns]
    return [low + (width - sum(least)) * part / sum(share) for low, part in zip(least, share, strict=True)]


def _label(drawing: Drawing, x: float, y: float, text: str) -> None:
    drawing.add(String(x, y, text, fontName="Vera", fontSize=8, fillColor=INK))


def _pump() -> Drawing:
    drawing = Drawing(420, 175)
    drawing.add(Rect(110, 25, 200, 125, rx=60, ry=60, fillColor=PALE, strokeColor=ACCENT, strokeWidth=2))
    for x, name in ((20, "3"), (310, "4")):
        drawing.add(Rect(x, 68, 90, 40, fillColor=PALE, strokeColor=ACCENT, strokeWidth=2))
        drawing.add(Line(x + 20, 88, x + 65, 88, strokeColor=ACCENT))
        drawing.add(Polygon([x + 65, 84, x + 74, 88, x + 65, 92], fillColor=ACCENT, strokeColor=ACCENT))
        _label(drawing, x + 42, 114, name)
    for x, turn in ((175, 0), (245, 9)):
        for dx, dy in ((0, 24), (21, -12), (-21, -12)):
            drawing.add(Circle(x + dx, 88 + (dy if turn == 0 else -dy), 14, fillColor=ACCENT, strokeColor=ACCENT))
        drawing.add(Circle(x, 88, 18, fillColor=ACCENT, strokeColor=PALE))
        drawing.add(Circle(x, 88, 6, fillColor=PALE, strokeColor=PALE))
    for x, y in ((135, 45), (135, 130), (285, 45), (285, 130)):
        drawing.add(Circle(x, y, 4, fillColor=HexColor("#ffffff"), strokeColor=INK))
    for x, y, name in ((205, 156, "1"), (206, 128, "2"), (296, 140, "5")):
        _label(drawing, x, y, name)
    return drawing


def _clearance() -> Drawing:
    drawing = Drawing(420, 170)
    for step in range(6):
        drawing.add(Line(50, 30 + step * 24, 390, 30 + step * 24, strokeColor=RULE, strokeWidth=0.5))
        _label(drawing, 22, 27 + step * 24, f"{step * 5} %")
        _label(drawing, 44 + step * 64, 16, f"{0.25 + step * 0.1:.2f}")
    curve = [50, 30, 114, 38, 178, 54, 242, 82, 274, 102, 306, 128, 370, 150]
    drawing.add(PolyLine(curve, strokeColor=ACCENT, strokeWidth=2))
    _label(drawing, 330, 3, "Clearance in mm")
    _label(drawing, 50, 158, "Loss of flow")
    return drawing


def _sensor() -> Drawing:
    drawing = Drawing(420, 110)
    drawing.add(Rect(20, 30, 380, 30, fillColor=PALE, strokeColor=ACCENT))
    drawing.add(Rect(215, 22, 50, 46, fillColor=ACCENT, strokeColor=ACCENT))
    drawing.add(Rect(225, 68, 30, 26, fillColor=PALE, strokeColor=ACCENT))
    for start, end, text in ((20, 215, "5 x DN before"), (265, 400, "3 x DN after")):
        drawing.add(Line(start, 14, end, 14, strokeColor=INK))
        _label(drawing, (start + end) / 2 - 30, 3, text)
    _label(drawing, 262, 80, "KS-44")
    return drawing


FIGURES = {"pump": _pump, "clearance": _clearance, "sensor": _sensor}


# Office files and mail


def word(source: Source) -> bytes:
    """Set a source as a Word document with heading styles, lists, tables, header and footer."""
    document, meta = docx.Document(), source.meta
    document.add_heading(meta["title"], 0)
    document.add_paragraph(meta["subtitle"], style="Subtitle")
    document.sections[0].header.paragraphs[0].text = f"{meta['reference']}\t\tTarnfield Flow Technologies"
    document.sections[0].footer.paragraphs[0].text = f"{meta['title']}, {meta['author']}"
    for block in source.blocks:
        if block.kind.startswith("heading"):
            document.add_heading(block.text, int(block.kind[-1]))
        elif block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Light Grid Accent 1")
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        elif block.items:
            for item in block.items:
                document.add_paragraph(item, style="List Bullet" if block.kind == "bullets" else "List Number")
        else:
            document.add_paragraph(block.text)
    return _saved(document, document.core_properties, meta)


def slides(source: Source) -> bytes:
    """Set a source as slides: one for each heading, bullets or a table, the notes as speaker notes."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = source.meta["title"], source.meta["subtitle"]
    slide = first
    for block in source.blocks:
        if block.kind == "heading1":
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = block.text
        elif block.kind == "bullets":
            slide.placeholders[1].text = "\n".join(block.items)
        elif block.kind == "notes":
            slide.notes_slide.notes_text_frame.text = block.text
        else:
            body = slide.placeholders[1]
            box = (body.left, body.top, body.width, body.height // 2)
            body._element.getparent().remove(body._element)
            table = slide.shapes.add_table(len(block.rows), len(block.rows[0]), *box).table
            for y, row in enumerate(block.rows):
                for x, text in enumerate(row):
                    table.cell(y, x).text = text
    return _saved(deck, deck.core_properties, source.meta)


def workbook(source: Source) -> bytes:
    """Set a source as a workbook: each heading names a sheet, its table fills it, numbers become numbers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for heading, block in zip(source.blocks[::2], source.blocks[1::2], strict=True):
        sheet = book.create_sheet(heading.text)
        for row in block.rows:
            sheet.append([_value(cell) for cell in row])
        for cell in sheet[1]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8F0F3")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        for column in sheet.columns:
            width = max(len(str(cell.value)) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(48, width + 3)
        sheet.freeze_panes = "B2"
    return _saved(book, book.properties, source.meta)


def _value(text: str) -> str | int | float:
    if re.fullmatch(r"\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else text


def mail(source: Source) -> bytes:
    """Write a source as a mail message with another source attached as a Word document."""
    message, meta = EmailMessage(), source.meta
    for name in ("from", "to", "cc", "date", "message-id"):
        message[name.title()] = meta[name]
    message["Subject"] = meta["title"]
    message.set_content("\n\n".join(block.text for block in source.blocks) + "\n")
    attached = word(read_source(meta["attachment"]))
    kind = "vnd.openxmlformats-officedocument.wordprocessingml.document"
    message.add_attachment(attached, "application", kind, filename=f"{meta['attachment']}.docx")
    message.set_boundary("=_tarnfield_20261116091200")
    return message.as_bytes()


def _saved(file: Any, properties: Any, meta: dict[str, str]) -> bytes:
    """Return an Office file with fixed properties, archive times and modification date."""
    properties.title, properties.created, properties.modified = meta["title"], WRITTEN_AT, WRITTEN_AT
    setattr(properties, "creator" if hasattr(properties, "creator") else "author", meta["author"])
    raw, fixed = io.BytesIO(), io.BytesIO()
    file.save(raw)
    with zipfile.ZipFile(raw) as before, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = before.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving here
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-11-16T09:00:00Z", content)
            after.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


WRITERS = {".pdf": pdf, ".docx": word, ".pptx": slides, ".xlsx": workbook, ".eml": mail}


def build(out: Path) -> Iterator[Path]:
    """Write every built file of the corpus under `out` and yield its path."""
    for path, name in TARGETS.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(WRITERS[target.suffix](read_source(name)))
        yield target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "corpus", help="folder to write to")
    for written in build(parser.parse_args().out):
        print(f"{written.stat().st_size:>8,} bytes  {written}")
