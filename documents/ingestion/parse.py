"""The first stage: a file of any kind becomes text with its structure and its places on the page."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from documents.ingestion import sandbox
from documents.ingestion.errors import EmptyFile, ParserCrashed
from documents.ingestion.parsers.language import detect
from documents.ingestion.parsers.sniffing import sniff
from documents.ingestion.types import Attachment, Limits, Page, ParsedDocument, from_json, page_from_json
from documents.models import IngestionRun

__all__ = ["parse", "sniff"]

# What recognising a page may take: drawing it here, and reading it in a program of its own.
OCR_CPU_S, OCR_WALL_S = 3, 20
UNISOLATED = "The file was read without network isolation, because this system does not allow it."


def parse(path: Path, *, filename: str, limits: Limits) -> ParsedDocument:
    """Read the file at `path`, which its owner calls `filename`, in a sandboxed child.

    The kind is decided by content (`sniff`). Raises IngestionError with a message and a hint for its owner:
    EmptyFile, UnsupportedFile, EncryptedFile, DamagedFile, TooLarge, NoText, ParserTimedOut or ParserCrashed.
    """
    if path.stat().st_size == 0:
        raise EmptyFile
    pages: list[Page] = []
    attachments: list[Attachment] = []

    def take(row: Any) -> None:
        kind, *fields = row
        if kind == "page":
            pages.append(page_from_json(*fields))
        else:
            name, media_type, content = fields
            attachments.append(
                Attachment(filename=str(name), media_type=str(media_type), content=base64.b64decode(content))
            )

    try:
        outcome = sandbox.run("parse", {"path": str(path.resolve()), "filename": filename}, limits=limits, take=take)
        document = from_json(outcome.value)
    except (KeyError, TypeError, ValueError) as error:
        raise ParserCrashed from error
    # Here and not in the child: loading the model takes longer than reading most files.
    language = document.language or detect(document.text)
    warnings = document.warnings if outcome.network_isolated else (*document.warnings, UNISOLATED)
    return replace(document, pages=tuple(pages), attachments=tuple(attachments), language=language, warnings=warnings)


def limits_for(run: IngestionRun) -> Limits:
    """What reading its file may use: what the settings say, and more where somebody asked for text recognition."""
    usual = Limits(
        memory_bytes=settings.PARSER_MEMORY_MB * 1024**2,
        cpu_seconds=settings.PARSER_CPU_S,
        wall_seconds=float(settings.PARSER_WALL_S),
        ocr_pages=settings.OCR_PAGES,
        ocr_languages=settings.OCR_LANGUAGES,
    )
    if not run.ocr_languages:
        return usual
    # Somebody asked for it and waits: every page, however long that takes.
    pages = usual.ocr_pages + len(run.unread_pages)
    return replace(
        usual,
        ocr_pages=usual.pages,
        ocr_languages=run.ocr_languages,
        cpu_seconds=usual.cpu_seconds + OCR_CPU_S * pages,
        wall_seconds=usual.wall_seconds + OCR_WALL_S * pages,
    )
