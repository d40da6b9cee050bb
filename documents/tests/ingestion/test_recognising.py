"""Pages without text are named, and one click has them recognised."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from documents import reading_again, tasks, uploads
from documents.ingestion.parsers import ocr
from documents.models import Chunk, Collection, IngestionRun
from documents.uploads import UploadRefused
from ragapp.accounts.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not ocr.available(), reason="tesseract is not installed"),
]


def half_scanned() -> bytes:
    """A page of text, then a page that is a picture and a stamp."""
    picture = Image.new("L", (1200, 600), 255)
    ImageDraw.Draw(picture).text((80, 200), "Valve pressure 4711", font=ImageFont.load_default(72), fill=0)
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=(600, 400))
    sheet.drawString(50, 300, "The first page can be read as it is.")
    sheet.showPage()
    sheet.drawImage(ImageReader(picture), 0, 50, 600, 300)
    sheet.drawString(500, 20, "2 of 2")
    sheet.save()
    return out.getvalue()


@pytest.fixture
def run(
    collection: Callable[..., Collection], owner: User, reader: User, queued: list[int], settings: object
) -> IngestionRun:
    settings.OCR_PAGES = 0  # type: ignore[attr-defined]
    shared = collection(owners=[owner], readers=[reader])
    version = uploads.accept(shared, name="half.pdf", content=half_scanned(), by=owner).version
    tasks.ingest(version.pk)
    return IngestionRun.objects.get(version=version)


def test_a_page_that_is_a_picture_is_named_and_read_when_somebody_asks(run: IngestionRun, owner: User) -> None:
    assert run.state == IngestionRun.State.READY
    assert run.unread_pages == [2]
    client = Client()
    client.force_login(owner)
    page = client.get(reverse("documents:document", args=[run.version.document_id])).content.decode()
    assert "Read these pages by OCR" in page

    client.post(reverse("documents:recognise", args=[run.version.document_id]), {"languages": "eng"})

    run.refresh_from_db()
    assert run.state == IngestionRun.State.QUEUED
    assert Chunk.objects.filter(version=run.version).exists(), "it goes on answering meanwhile"
    tasks.ingest(run.version_id)
    run.refresh_from_db()
    assert (run.state, run.unread_pages) == (IngestionRun.State.READY, [])
    assert Chunk.objects.filter(version=run.version, text__contains="4711").exists()


def test_who_may_only_read_cannot_have_pages_recognised(run: IngestionRun, reader: User) -> None:
    client = Client()
    client.force_login(reader)
    address = reverse("documents:document", args=[run.version.document_id])
    assert "Read these pages by OCR" not in client.get(address).content.decode()
    assert client.post(reverse("documents:recognise", args=[run.version.document_id])).status_code == 404


def test_a_language_that_is_not_installed_is_refused(run: IngestionRun, owner: User) -> None:
    with pytest.raises(UploadRefused, match="tlh"):
        reading_again.recognise(run.version, by=owner, languages="eng+tlh")
