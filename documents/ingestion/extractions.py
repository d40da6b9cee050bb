"""What was read of a version as it is stored: written once, read back by the stages that go on from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import JSONField, TextField, Value
from django.db.models.functions import Cast

from documents.ingestion import types
from documents.ingestion.types import ParsedDocument
from documents.models import DocumentVersion, Extraction


def store(
    version: DocumentVersion,
    parsed: ParsedDocument,
    *,
    redaction: str,
    personal_data: Mapping[str, Any],
    facts: Mapping[str, float],
) -> Extraction:
    """The row for `parsed`, as `without_text` returns it; an earlier attempt's that nobody has seen is replaced."""
    version.extractions.filter(is_current=False, chunks=None).delete()
    stored = Extraction.objects.create(
        version=version,
        parser=parsed.parser,
        parser_version=parsed.parser_version,
        redaction=redaction,
        personal_data=personal_data,
        facts=facts,
        text=parsed.text,
        layout=Cast(Value(types.layout_to_json(parsed), output_field=TextField()), JSONField()),
        language=parsed.language,
    )
    return without_text(stored.pk)


def without_text(pk: int) -> Extraction:
    """The row without its text and layout, which of a book would fill the memory once more beside what was parsed."""
    return Extraction.objects.defer("text", "layout").get(pk=pk)


def parsed_from(extraction: Extraction) -> ParsedDocument:
    """The document as the parser's stages left it, without its attachments."""
    return types.from_json(
        {
            "text": extraction.text,
            "language": extraction.language,
            "parser": extraction.parser,
            "parser_version": extraction.parser_version,
            "warnings": [],
            **extraction.layout,
        }
    )
