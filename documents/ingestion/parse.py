"""The first stage: a file of any kind becomes text with its structure and its places on the page."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents.ingestion import sandbox
from documents.ingestion.errors import EmptyFile, ParserCrashed
from documents.ingestion.parsers.language import detect
from documents.ingestion.parsers.sniffing import sniff
from documents.ingestion.types import Attachment, Limits, Page, ParsedDocument, from_json, page_from_json

__all__ = ["parse", "sniff"]

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
