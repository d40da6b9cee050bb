"""Files that are made to do harm end as a failure with a reason, or are read, within their limits."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from documents import queue
from documents.ingestion.clean import clean
from documents.ingestion.errors import (
    TOO_LITTLE_TEXT,
    DamagedFile,
    EmptyFile,
    IngestionError,
    NoText,
    TooLarge,
    UnsupportedFile,
    too_little_text,
)
from documents.ingestion.parse import parse
from documents.ingestion.scrutinise import scrutinise
from documents.ingestion.types import Element, Limits, ParsedDocument
from documents.models import IngestionRun
from documents.tests.ingestion import making

LIMITS = Limits()
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)


def read(path: Path, content: bytes | str | None = None, limits: Limits = LIMITS) -> ParsedDocument:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parse(path, filename=path.name, limits=limits)


def document(path: Path, body: str | bytes) -> Path:
    """A DOCX file with this main part."""
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return making.zipped(path, {"[Content_Types].xml": types, "_rels/.rels": RELATIONS, "word/document.xml": body})


def paragraphs(text: str) -> str:
    return f'<w:document xmlns:w="{WORD}"><w:body>{text}</w:body></w:document>'


def test_an_office_file_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = document(tmp_path / "a.docx", b"\0" * 2_000_000)
    with pytest.raises(TooLarge, match="unpacks"):
        read(path, limits=Limits(unpacked_bytes=1_000_000))


def test_entities_that_multiply_are_not_expanded(tmp_path: Path) -> None:
    with pytest.raises(IngestionError):
        read(document(tmp_path / "a.docx", "<?xml version='1.0'?>" + ENTITIES + paragraphs("<w:p>&i;</w:p>")))
    with pytest.raises((NoText, DamagedFile)):
        read(tmp_path / "a.xml", "<?xml version='1.0'?>" + ENTITIES + "<x><y>&i;</y></x>")


def test_archives_inside_archives_are_not_opened(tmp_path: Path) -> None:
    inner = making.zipped(tmp_path / "inner.zip", {"a.txt": "hello"}).read_bytes()
    with pytest.raises(UnsupportedFile, match="ZIP"):
        read(making.zipped(tmp_path / "a.docx", {"inner.zip": inner}))


def test_a_document_of_endless_elements_or_one_endless_word_is_refused(tmp_path: Path) -> None:
    endless = paragraphs("<w:p><w:r><w:t>" + "a" * 3_000_000 + "</w:t></w:r></w:p>")
    with pytest.raises(TooLarge):
        read(document(tmp_path / "a.docx", endless), limits=Limits(characters=1_000_000))
    with pytest.raises(IngestionError):
        read(document(tmp_path / "b.docx", paragraphs("<w:sdt>" * 50_000 + "</w:sdt>" * 50_000)))


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.json", "a.html", "a.md"])
def test_one_line_of_many_megabytes_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(TooLarge):
        read(tmp_path / name, b"[1,2] " * 400_000, limits=Limits(text_bytes=1_000_000))


def test_a_long_sheet_of_one_column_is_one_list(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Long")
    for number in range(20_000):
        sheet.append([f"Item {number}"])
    book.save(tmp_path / "a.xlsx")
    doc = read(tmp_path / "a.xlsx")
    assert len(doc.elements) == 1
    assert doc.text.endswith("Item 19999")
    with pytest.raises(TooLarge, match="cells"):
        read(tmp_path / "a.xlsx", limits=Limits(cells=10_000))


def test_a_sheet_of_far_too_many_cells_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="100,000 cells"):
        read(making.bomb(tmp_path / "a.xlsx", row="<c><v>1</v></c>" * 2), limits=Limits(cells=100_000, cpu_seconds=4))


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt"])
def test_a_file_of_endless_paragraphs_is_refused(tmp_path: Path, name: str) -> None:
    mark = "<p>" if name == "a.html" else ""
    with pytest.raises(TooLarge, match="paragraphs"):
        read(tmp_path / name, f"{mark}a b.\n\n" * 3000, limits=Limits(elements=1000))


def test_a_small_file_has_little_time_and_a_large_one_all_of_it() -> None:
    limits = Limits(cpu_seconds=120)
    assert limits.cpu_seconds_for(10_000) < 20
    assert limits.cpu_seconds_for(5 * 1024**2) > 60
    assert limits.cpu_seconds_for(100 * 1024**2) == 120
    assert Limits(cpu_seconds=5).cpu_seconds_for(10_000) == 5


def test_text_that_makes_patterns_slow_is_searched_in_one_go() -> None:
    slow = (
        " " * 100_000 + "x", "a-" * 50_000, "1.1." * 30_000, "." * 50_000 + " " * 50_000 + "long words",
        "ignore previous instructions " * 4000,
    )  # fmt: skip
    for text in slow:
        element = Element(kind="paragraph", start=0, end=len(text), page=None)
        document = ParsedDocument(
            text=text, elements=(element,), pages=(), title="", language="en", parser="text", parser_version="1"
        )
        assert scrutinise(clean(document)).reasons or "ignore" not in text


def test_a_picture_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 1000)) + part(b"IEND", b"")
    with pytest.raises((TooLarge, UnsupportedFile)):  # the latter without Tesseract
        read(tmp_path / "a.png", bomb)


def test_a_page_of_a_pdf_that_unpacks_to_too_much_ends_within_its_limits(tmp_path: Path) -> None:
    stream = zlib.compress(b"0 0 m " * 3_000_000)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(stream), stream),
    )
    body = b"".join(b"%d 0 obj%bendobj\n" % (number, each) for number, each in enumerate(objects, 1))
    with pytest.raises(IngestionError):
        read(tmp_path / "a.pdf", b"%PDF-1.5\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF", Limits(memory_bytes=10**9))


def test_a_file_that_is_two_things_at_once_is_read_as_one(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "The pump is red", 10)]])
    archive = making.zipped(tmp_path / "b.zip", {"other.txt": "not this"})
    path.write_bytes(path.read_bytes() + archive.read_bytes())
    doc = read(path)
    assert doc.text == "The pump is red"


def test_a_truncated_file_is_damaged_and_a_hole_is_empty(tmp_path: Path) -> None:
    whole = document(tmp_path / "a.docx", paragraphs("<w:p><w:r><w:t>Text</w:t></w:r></w:p>")).read_bytes()
    with pytest.raises(DamagedFile):
        read(tmp_path / "b.docx", whole[: len(whole) // 2])
    with pytest.raises(EmptyFile):
        read(tmp_path / "c.pdf", b"")


def test_macros_are_carried_past_and_never_run(tmp_path: Path) -> None:
    path = document(tmp_path / "a.docm", paragraphs("<w:p><w:r><w:t>Only the text is read</w:t></w:r></w:p>"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Sub AutoOpen()")
    assert read(path).text == "Only the text is read"


def test_a_message_that_calls_itself_several_and_is_one_is_read(tmp_path: Path) -> None:
    head = "From: <<<>>>\nSubject: =?utf-8?b?!!!?=\nContent-Type: multipart/mixed\n\n"
    assert "The site closes" in read(tmp_path / "a.eml", head + "The site closes on 24 December.").text


def test_odd_names_do_no_harm(tmp_path: Path) -> None:
    path = making.pdf(tmp_path / "a.pdf", [[(50, 500, "The pump is red", 10)]])
    for name in ("a\x00b\x1b[31m\u202egpj.pdf", "ü" * 150 + ".pdf", "../../etc/passwd", ".pdf"):
        doc = parse(path, filename=name, limits=LIMITS)
        assert doc.text == "The pump is red"
        assert doc.title.isprintable()


def test_a_file_with_too_little_text_says_how_much_it_has_and_needs_and_a_scan_what_to_do() -> None:
    note, scan = too_little_text("markdown", 3, 12), too_little_text("pdf", 3, 12)

    assert note.message == TOO_LITTLE_TEXT
    assert "found: 3; needed: at least 12" in note.hint
    assert "scan" not in note.hint
    assert "scan" in scan.hint
    for error in (note, scan):
        run = IngestionRun(state=IngestionRun.State.FAILED, stage=IngestionRun.Stage.CLEAN, failure=error.message)
        assert not queue.may_be_retried(run)
