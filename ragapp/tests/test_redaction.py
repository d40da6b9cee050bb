"""What was redacted is nowhere but in the vault: not in a row, a log line, a file, or a request to a model."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.db import connection
from openpyxl import Workbook

from chat.answering.run import ask_once
from documents import hidden, indexes, personal_data, tasks, uploads
from documents.ingestion import pipeline
from documents.models import Collection, Document, IndexVersion, IngestionRun
from documents.tests.ingestion import making
from ragapp.privacy.personal_data.types import DEFAULT_KINDS
from ragapp.tests.scripted_llm import ScriptedLLM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# As they are planted, and parts of them that nobody may find afterwards.
NAME, MAIL, PHONE = "Wilhelmina Petersen", "w.petersen@planted.example", "+353 61 555 0155"
IBAN, CARD, ID = "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "536-90-4399"
PLANTED = ("petersen", "planted.example", "555 0155", "3704 0044", "1111 1111", "536-90")
SENTENCE = (
    f"Mrs. {NAME} ({MAIL}, telephone {PHONE}) gets 31 days of parental leave. She is paid to {IBAN}, her company card"
    f" is {CARD} and her social security number is {ID}."
)


def pdf(folder: Path) -> bytes:
    words, lines = SENTENCE.split(), []
    while words:
        lines.append(" ".join(words[:9]))
        words = words[9:]
    return making.pdf(folder / "a.pdf", [making.column(30, 560, lines, 9)], title=f"Leave of Mrs. {NAME}").read_bytes()


def sheet() -> bytes:
    book, file = Workbook(), io.BytesIO()
    page = book.active
    page.title = "Wilhelmina Petersen"
    page.append(["Name", "E-mail", "Wilhelmina Petersen"])
    page.append([f"Mrs. {NAME}", MAIL, "31 days"])
    book.save(file)
    return file.getvalue()


def message() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{NAME} <{MAIL}>", "all@tarnfield.example", f"Leave of Mrs. {NAME}"
    mail.set_content(SENTENCE)
    mail.add_attachment(SENTENCE.encode(), maintype="text", subtype="plain", filename="note.txt")
    return mail.as_bytes()


@pytest.fixture
def llm(settings: Any) -> Iterator[ScriptedLLM]:
    with ScriptedLLM() as server:
        settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = server.base_url, "key", "scripted"
        yield server


@pytest.fixture
def leave(
    collection: Callable[..., Collection], owner: Any, reader: Any, settings: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> Collection:  # fmt: skip
    """A collection that redacts, with the same sentence in files of several kinds."""
    settings.FILES_DIR = tmp_path / "files"
    waiting: list[int] = []
    monkeypatch.setattr(tasks.ingest, "delay_on_commit", waiting.append)
    caplog.set_level(logging.DEBUG)
    found = collection("Leave", readers=[reader], owners=[owner])
    personal_data.set_policy(found, policy="redact", kinds=list(DEFAULT_KINDS), by=owner)
    files = {
        "leave.txt": SENTENCE.encode(), "leave.pdf": pdf(tmp_path), "leave.xlsx": sheet(), "leave.eml": message(),
        "leave.html": f"<h1>Leave of Mrs. {NAME}</h1><p>{SENTENCE}</p>".encode(),
    }  # fmt: skip
    for name, content in files.items():
        uploads.accept(found, name=name, content=content, by=owner)
    while waiting:
        waiting.extend(pipeline.advance(waiting.pop(0)))
    states = set(IngestionRun.objects.values_list("state", "failure"))
    assert states == {(IngestionRun.State.READY, "")}
    for index in IndexVersion.objects.all():
        indexes.refresh_statistics(index)
    return found


def rows() -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for table in {model._meta.db_table for model in apps.get_models(include_auto_created=True)}:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            yield from ((table, row) for (row,) in cursor.fetchall())


def test_planted_values_are_in_no_row_log_file_or_request(
    leave: Collection, reader: Any, llm: ScriptedLLM, caplog: pytest.LogCaptureFixture
) -> None:
    ask_once("How many days of parental leave does she get, and which card does she have?", user=reader)
    sent = json.dumps([str(vars(call)) if hasattr(call, "__dict__") else str(call) for call in llm.requests])
    logged = [record.getMessage() + json.dumps(vars(record), default=str) for record in caplog.records]
    files = [path.read_bytes() for path in configured.FILES_DIR.rglob("*") if path.is_file()]

    assert llm.calls
    assert "PERSON_1" in sent
    stored = list(rows())
    assert any("[CARD_1]" in row for _, row in stored)
    for value in PLANTED:
        assert [table for table, row in stored if value in row.lower()] == [], value
        assert value not in sent.lower()
        assert [line[:80] for line in logged if value in line.lower()] == []
        assert not any(value.encode() in content.lower() for content in files)


def test_titles_and_attachments_are_redacted_and_values_kept_for_who_may_see_them(
    leave: Collection, owner: Any
) -> None:
    document = Document.objects.get(path="leave.txt")

    assert hidden.load(document.pk).values["CARD"] == [CARD]
    report = personal_data.reveal(document, first=0, most=20, by=owner)
    assert report is not None
    assert {place.value for place in report.places} >= {NAME, MAIL, PHONE, IBAN, CARD, ID}

    titles = dict(Document.objects.values_list("path", "title"))

    assert titles["leave.html"].startswith("Leave of Mrs. [PERSON_")
    assert set(titles) == {"leave.txt", "leave.pdf", "leave.xlsx", "leave.eml", "leave.html", "leave.eml/note.txt"}
