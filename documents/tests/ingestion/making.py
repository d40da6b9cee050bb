"""Makes the small real files that the tests of parsing read."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

WIDTH, HEIGHT = 400.0, 600.0


def pdf(path: Path, pages: list[list[tuple[float, float, str, float]]], *, password: str = "", title: str = "") -> Path:
    """A PDF of `WIDTH` by `HEIGHT` points; each page is (x, y from the bottom, text, size) in Helvetica."""
    encrypt = StandardEncryption(password, ownerPassword="owner") if password else None
    sheet = canvas.Canvas(str(path), pagesize=(WIDTH, HEIGHT), encrypt=encrypt)
    if title:
        sheet.setTitle(title)
    for page in pages:
        for x, y, text, size in page:
            sheet.setFont("Helvetica", size)
            sheet.drawString(x, y, text)
        sheet.showPage()
    sheet.save()
    return path


def column(x: float, top: float, lines: list[str], size: float = 9) -> list[tuple[float, float, str, float]]:
    """Lines of text one below the other, `top` points above the page's bottom."""
    return [(x, top - 1.2 * size * number, line, size) for number, line in enumerate(lines)]


def scan(path: Path, text: str) -> Path:
    """A PDF that is only the picture of a text."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1200, 300), 255)
    ImageDraw.Draw(picture).text((80, 100), text, font=ImageFont.load_default(64), fill=0)
    picture.save(path, "PDF", resolution=150)
    return path


def mail(*, html: str = "", attachment: bytes = b"") -> bytes:
    """A message about a shutdown."""
    message = EmailMessage()
    message["From"], message["To"] = "Priya Nair <priya@tarnfield.example>", "all@tarnfield.example"
    message["Subject"], message["Date"] = "Winter shutdown", "Mon, 16 Nov 2026 09:12:00 +0000"
    message.set_content("The site closes on 24 December.")
    if html:
        message.add_alternative(html, subtype="html")
    if attachment:
        message.add_attachment(attachment, maintype="text", subtype="csv", filename="dates.csv")
    return message.as_bytes()


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    """A zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


_ODF = {
    **{
        name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
        for name in "office text table style presentation".split()
    },
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "chart": "urn:oasis:names:tc:opendocument:xmlns:chart:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def open_document(path: Path, kind: str, body: str, *, styles: str = "", pages: str = "", chart: str = "") -> Path:
    """An OpenDocument file: `kind` as in "text", XML for its body, its automatic styles, its styles part, a chart."""
    names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _ODF.items())

    def part(name: str, content: str) -> str:
        return f"<office:document-{name} {names}>{content}</office:document-{name}>"

    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    members = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        "content.xml": part("content", f"{automatic}<office:body><office:{kind}>{body}</office:{kind}></office:body>"),
        "styles.xml": part("styles", pages),
    }
    if chart:
        members["Object 1/content.xml"] = part(
            "content", f"<office:body><office:chart>{chart}</office:chart></office:body>"
        )
    return zipped(path, {**members})


def epub(path: Path) -> Path:
    """A book of two chapters."""
    chapter = "<html><body><h1>{0}</h1><p>{1}</p></body></html>"
    return zipped(
        path,
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="book/content.opf"/></rootfiles></container>',
            "book/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Pump Book</dc:title></metadata>'
            '<manifest><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "book/a.xhtml": chapter.format("Lobes", "Lobes turn without touching."),
            "book/b.xhtml": chapter.format("Seals", "Seals are flushed with water."),
        },
    )


ROW = '<row><c t="inlineStr"><is><t>x</t></is></c><c><v>1</v></c></row>'


def bomb(path: Path, *, row: str = ROW, rows_are_whole: bool = True) -> Path:
    """A workbook of a few kilobytes whose one sheet repeats `row` 400,000 times, or as the cells of one row."""
    from openpyxl import Workbook

    plain = io.BytesIO()
    Workbook().save(plain)
    opening, closing = ("", "") if rows_are_whole else ("<row>", "</row>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            if item.filename != "xl/worksheets/sheet1.xml":
                new.writestr(item, old.read(item))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData>{opening}'.encode())
            for _ in range(80):
                sheet.write((row * 5000).encode())
            sheet.write(f"{closing}</sheetData></worksheet>".encode())
    return path
