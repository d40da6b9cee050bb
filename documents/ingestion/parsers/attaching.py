"""Files inside a file: handed on, to become documents of their own."""

from __future__ import annotations

import mimetypes
import posixpath

from documents.ingestion.parsers.base import Draft, plain_line
from documents.ingestion.parsers.ooxml import Package
from documents.ingestion.types import Attachment


def attach(draft: Draft, name: str, kind: str, content: bytes) -> None:
    """Keep a file unless there are too many or they are too large. `kind` "": by its name."""
    used = sum(len(item.content) for item in draft.attachments)
    full = used + len(content) > draft.limits.attachment_bytes
    if full or len(draft.attachments) >= draft.limits.attachments:
        draft.warn("Some attachments were left out, because there are too many or they are too large.")
    elif content:
        safe = plain_line(name).replace("/", "_").replace("\\", "_")[-150:]
        kind = kind or mimetypes.guess_type(safe)[0] or "application/octet-stream"
        draft.attachments.append(Attachment(filename=safe, media_type=kind, content=content))


def attach_embedded(draft: Draft, package: Package, part: str) -> None:
    """The office files that were put into this part of an office file; not the figures behind its charts, which the
    charts show."""
    for relation in package.relations(part).values():
        name = posixpath.basename(relation.target)
        if relation.kind == "package" and not any(item.filename == name for item in draft.attachments):
            attach(draft, name, "", package.read(relation.target))
