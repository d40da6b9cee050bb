"""The sample corpus is complete, small, reproducible, and really contains what its questions ask for."""

from __future__ import annotations

import email
import email.policy
import html
import io
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2
import pytest

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CORPUS = SAMPLES / "corpus"
BUILT = {".pdf", ".docx", ".xlsx", ".pptx", ".eml"}
FILES = sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*") if path.is_file())


def read_lines(name: str) -> list[dict[str, Any]]:
    lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


QUESTIONS = read_lines("questions.jsonl")
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]
FOLLOWUPS = read_lines("followups.jsonl")


def plain(text: str) -> str:
    """Text without cell separators and with single spaces, so that rows and wrapped lines compare."""
    return " ".join(re.sub(r"[|\s]+", " ", text).split())


def word_text(file: Any) -> str:
    parts: list[str] = []
    for block in docx.Document(file).iter_inner_content():
        if hasattr(block, "rows"):
            parts += [" ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            parts.append(block.text)
    return "\n".join(parts)


def slide_text(path: Path) -> str:
    parts: list[str] = []
    for slide in pptx.Presentation(path).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                parts.append(shape.text_frame.text)
            if shape.has_table:
                parts += [" ".join(cell.text for cell in row.cells) for row in shape.table.rows]
        if slide.has_notes_slide:
            parts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(parts)


def sheet_text(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    return "\n".join(" ".join(str(value) for value in row if value is not None) for row in rows)


def mail_text(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    attached = [word_text(io.BytesIO(part.get_content())) for part in message.iter_attachments()]
    return "\n".join([message["subject"], body.get_content(), *attached])


def pdf_text(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def page_text(path: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))


READERS = {
    ".docx": word_text,
    ".pptx": slide_text,
    ".xlsx": sheet_text,
    ".eml": mail_text,
    ".pdf": pdf_text,
    ".html": page_text,
}


@cache
def text_of(path: Path) -> str:
    reader = READERS.get(path.suffix)
    return plain(reader(path) if reader else path.read_text(encoding="utf-8"))


def test_the_questions_are_sixty_with_twelve_unanswerable_and_six_for_hr() -> None:
    counts = Counter((question["answerable"], question["as"]) for question in QUESTIONS)
    assert counts == {(True, "employee"): 42, (False, "employee"): 12, (True, "hr"): 6}
    assert len({question["id"] for question in QUESTIONS}) == 60
    assert len({question["question"] for question in QUESTIONS}) == 60


def test_every_format_of_the_corpus_is_asked_about() -> None:
    asked = {Path(question["doc"]).suffix for question in ANSWERABLE}
    assert asked == {Path(name).suffix for name in FILES}


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_an_answer_and_its_passage_stand_in_the_document(question: dict[str, Any]) -> None:
    assert question["doc"] in FILES
    text = text_of(CORPUS / question["doc"])
    assert plain(question["passage"]) in text
    assert question["answer"] in text
    assert question["answer"] in plain(question["passage"])
    assert question["answer"] in question.get("answers", [question["answer"]])
    assert question["doc"].startswith("hr/" if question["as"] == "hr" else "company/")


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q["as"] == "hr"], ids=lambda question: question["id"])
def test_no_company_document_holds_an_answer_that_is_for_hr_only(question: dict[str, Any]) -> None:
    for name in FILES:
        if name.startswith("company/"):
            text = text_of(CORPUS / name)
            assert plain(question["passage"]) not in text, name
            assert not any(
                re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text)
                for answer in question.get("answers", [question["answer"]])
            ), name


def test_sixty_followups_and_over_thirty_other_subjects_name_documents_that_exist() -> None:
    assert Counter(pair["topic_change"] for pair in FOLLOWUPS) == {False: 60, True: 35}
    assert len({pair["id"] for pair in FOLLOWUPS}) == 95
    assert {pair["doc"] for pair in FOLLOWUPS} <= set(FILES)
    assert all(pair["first"] and pair["second"] and pair["standalone"] and pair["answer"] for pair in FOLLOWUPS)


def test_the_corpus_is_about_25_small_documents_of_which_two_are_for_hr() -> None:
    assert 25 <= len(FILES) <= 30
    assert sum(name.startswith("hr/") for name in FILES) == 2
    assert max((CORPUS / name).stat().st_size for name in FILES) < 150_000


def test_the_handbook_has_pages_bookmarks_and_page_numbers() -> None:
    with pypdfium2.PdfDocument(CORPUS / "company/handbook.pdf") as document:
        titles = [bookmark.get_title() for bookmark in document.get_toc()]
        assert len(document) >= 8
        assert "5.3 Parental leave" in titles
        assert all(f"Page {number}" in page.get_textpage().get_text_range() for number, page in enumerate(document, 1))


def test_building_again_gives_the_same_text_in_every_built_file(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    subprocess.run([sys.executable, str(SAMPLES / "build.py"), "--out", str(tmp_path)], check=True)
    built = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert built == [name for name in FILES if Path(name).suffix in BUILT]
    for name in built:
        assert text_of(tmp_path / name) == text_of(CORPUS / name), name
