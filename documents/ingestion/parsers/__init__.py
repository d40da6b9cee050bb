"""Parsers, one module per family of files, found by media type and imported only when needed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from documents.ingestion.errors import TooLarge, UnsupportedFile
from documents.ingestion.parsers.base import Parser, Source
from documents.ingestion.types import Limits, ParsedDocument, page_to_json, to_json

_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_TEXT = frozenset(("application/json", "application/mbox", "application/xml", "application/x-ipynb+json"))
PREFIX = "documents.ingestion.parsers."
Rows = Iterator[list[Any]]

PARSERS: dict[str, str] = {
    "application/pdf": "pdf:parse",
    "image/png": "images:parse",
    "image/jpeg": "images:parse",
    "image/tiff": "images:parse",
    "image/webp": "images:parse",
    "image/bmp": "images:parse",
    "image/gif": "images:parse",
    _OFFICE + "wordprocessingml.document": "docx:parse",
    _OFFICE + "presentationml.presentation": "pptx:parse",
    _OFFICE + "spreadsheetml.sheet": "xlsx:parse",
    _ODF + "text": "opendocument:parse_text",
    _ODF + "spreadsheet": "odf_sheets:parse",
    _ODF + "presentation": "odf_slides:parse",
    _ODF + "graphics": "odf_slides:parse",
    "application/epub+zip": "epub:parse",
    "application/rtf": "rtf:parse",
    "text/x-rst": "unstructured_io:parse",
    "text/org": "unstructured_io:parse",
    "application/vnd.ms-outlook": "mail:parse_msg",
    "message/rfc822": "mail:parse_eml",
    "application/mbox": "mail:parse_mbox",
    "application/msword": "office:parse_as_docx",
    "application/vnd.ms-powerpoint": "office:parse_as_pptx",
    "application/vnd.ms-excel": "office:parse_as_xlsx",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "office:parse_as_xlsx",
    "text/csv": "separated:parse",
    "text/tab-separated-values": "separated:parse",
    "text/html": "html:parse",
    "text/markdown": "markdown:parse",
    "text/plain": "text:parse_plain",
    "application/json": "text:parse_json",
    "application/x-ipynb+json": "text:parse_notebook",
    "application/xml": "text:parse_xml",
    "text/x-source": "text:parse_source",
}


def parser_for(media_type: str) -> Parser:
    """The parser of a media type. Raises UnsupportedFile when there is none."""
    try:
        module, name = PARSERS[media_type].split(":")
    except KeyError:
        raise UnsupportedFile from None
    return cast(Parser, getattr(import_module(PREFIX + module), name))


def read_file(path: Path, filename: str, limits: Limits, *, deadline: float) -> tuple[dict[str, Any], Rows]:
    """Read a file in this process: `types.to_json` of the document without its pages, and in rows what can be large:
    ("page", as `types.page_to_json` has it) and ("attachment", name, type, content in base64).

    Only for the sandboxed child: nothing here bounds what a hostile file may cost.
    """
    from documents.ingestion.parsers import sniffing

    media_type = sniffing.sniff(path, filename, limits=limits)
    is_text = media_type.startswith("text/") or media_type in _TEXT
    if is_text and path.stat().st_size > limits.text_bytes:
        raise TooLarge("The file holds more text than this site reads.")
    source = Source(path=path, filename=filename, media_type=media_type, limits=limits, deadline=deadline)
    document = parser_for(media_type)(source)
    document = replace(
        document,
        title=document.title or source.stem,
    )
    return to_json(replace(document, pages=())), _rows(document)


def _rows(document: ParsedDocument) -> Rows:
    for page in document.pages:
        yield ["page", page_to_json(page)]
    for item in document.attachments:
        yield ["attachment", item.filename, item.media_type, base64.b64encode(item.content).decode("ascii")]
