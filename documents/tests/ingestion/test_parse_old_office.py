"""Old office files are read through LibreOffice; without it their owner is told what to do.

`files/` holds one of each kind, made for these tests and packed.
"""

from __future__ import annotations

import gzip
import shutil
import time
from pathlib import Path

import pytest

from documents.ingestion.errors import MISSING_PROGRAMS, UnsupportedFile
from documents.ingestion.parse import parse, sniff
from documents.ingestion.parsers import office
from documents.ingestion.parsers.base import Source
from documents.ingestion.types import Limits

FILES = Path(__file__).parent / "files"


def unpacked(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((FILES / f"{name}.gz").read_bytes()))
    return path


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("berthing.doc", "Berthing\n\nVessels berth under pilot guidance only."),
        ("dues.xls", "Class: Ferry | Due: 1200\nClass: Barge | Due: 300"),
        ("briefing.ppt", "Inspect the mooring lines before use."),
    ],
)
def test_old_office_files_are_read(tmp_path: Path, name: str, text: str) -> None:
    assert parse(unpacked(tmp_path, name), filename=name, limits=Limits()).text == text


@pytest.mark.parametrize("name", ["berthing.doc", "dues.xls", "briefing.ppt"])
def test_without_libreoffice_the_message_says_what_to_do(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = unpacked(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    kind = sniff(path, name)
    read = {"doc": office.parse_as_docx, "xls": office.parse_as_xlsx, "ppt": office.parse_as_pptx}[name[-3:]]
    with pytest.raises(UnsupportedFile) as caught:
        read(Source(path=path, filename=name, media_type=kind, limits=Limits(), deadline=time.monotonic() + 60))
    assert caught.value.message in MISSING_PROGRAMS
    assert "install LibreOffice" in caught.value.hint
