"""Old binary office files: LibreOffice turns them into OOXML first."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from documents.ingestion.errors import NO_LIBREOFFICE, DamagedFile, ParserTimedOut, UnsupportedFile
from documents.ingestion.parsers import docx, pptx, xlsx
from documents.ingestion.parsers.base import Source
from documents.ingestion.types import ParsedDocument


def parse_as_docx(source: Source) -> ParsedDocument:
    """Read a text document such as DOC. Raises UnsupportedFile without LibreOffice, DamagedFile otherwise."""
    with _converted(source, "docx") as other:
        return docx.parse(other)


def parse_as_pptx(source: Source) -> ParsedDocument:
    """Read a presentation such as PPT. Raises as `parse_as_docx`."""
    with _converted(source, "pptx") as other:
        return pptx.parse(other)


def parse_as_xlsx(source: Source) -> ParsedDocument:
    """Read a workbook such as XLS or XLSB. Raises as `parse_as_docx`."""
    with _converted(source, "xlsx") as other:
        return xlsx.parse(other)


@contextmanager
def _converted(source: Source, suffix: str) -> Iterator[Source]:
    """The file in the OOXML format `suffix`, for as long as the context lasts."""
    program = shutil.which("soffice")
    if program is None:
        raise UnsupportedFile(
            NO_LIBREOFFICE,
            f"Save the file as {suffix.upper()} and upload that, or ask an administrator to install LibreOffice.",
        )
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder) / f"original{Path(source.filename).suffix}"
        shutil.copyfile(source.path, original)
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore"]
        command += ["--convert-to", suffix, "--outdir", f"{folder}/out", str(original)]
        try:
            left = max(1.0, source.deadline - time.monotonic())
            ended = subprocess.run(command, capture_output=True, timeout=left, check=False).returncode
        except subprocess.TimeoutExpired:
            raise ParserTimedOut from None
        # As the signal itself, or as the shell that starts it tells of it.
        if ended in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
            raise ParserTimedOut
        made = Path(folder) / "out" / f"original.{suffix}"
        if not made.exists():
            raise DamagedFile(
                "LibreOffice could not open the file; it is damaged or protected by a password.",
            )
        yield replace(source, path=made)
