"""A page to read: as it is printed, or as text, with a span of it marked."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from documents import originals
from documents.ingestion.types import Page, boxes_for, pages_from_json
from documents.models import DocumentVersion, Extraction
from documents.pages import has_pictures, size_of
from ragapp.accounts.models import User

CHARACTERS_A_PAGE = 12_000
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, paragraph, list item or table: its text before, inside and after the marked span."""

    kind: str
    before: str
    marked: str = ""
    after: str = ""


def extraction_of(version: DocumentVersion | None) -> Extraction | None:
    """What is read of a version: the current extraction, else the latest one."""
    return version.extractions.order_by("-is_current", "-pk").first() if version is not None else None


def shown_type(version: DocumentVersion | None, user: User, *, wants_print: bool = False) -> str:
    """The media type that decides about pictures: of a redacted document "", so that it is shown as text, unless
    somebody who may see it as it was asks for the printed page."""
    if version is None or (originals.is_withheld(version) and not (wants_print and originals.shows(version, user))):
        return ""
    return version.media_type


def page_to_read(
    extraction: Extraction | None,
    *,
    media_type: str,
    wanted: str | None,
    mark: Span | None = None,
    is_text: bool = False,
) -> dict[str, Any]:
    """What the templates `_picture` and `_text` show of one page.

    `wanted` is the page's number as somebody typed it; without it, it is the page on which `mark` begins. `is_text`
    asks for the text only, also where there are pictures.
    """
    if extraction is None:
        return {"pages": 0}
    rows = extraction.layout.get("pages", [])
    has_picture = has_pictures(media_type)
    spans = [(int(row[1]), int(row[2])) for row in rows]
    if not has_picture and (not spans or max(end - start for start, end in spans) > CHARACTERS_A_PAGE):
        whole = len(extraction.text)
        spans = [(at, min(at + CHARACTERS_A_PAGE, whole)) for at in range(0, max(whole, 1), CHARACTERS_A_PAGE)]
    number = _number(wanted, spans, mark)
    start, end = spans[number - 1] if spans else (0, len(extraction.text))
    page = pages_from_json([rows[number - 1]])[0] if has_picture and rows else None
    return {
        "pages": len(spans),
        "page_number": number,
        "label": _label(rows, number, spans),
        "has_picture": has_picture,
        "is_picture": has_picture and not is_text,
        "picture_size": size_of(page.width, page.height) if page is not None else None,
        "blocks": blocks(extraction, start, end, mark),
        "marks": marks(page, mark) if page is not None and mark is not None else [],
        "language": extraction.language,
    }


def marks(page: Page, span: Span) -> list[tuple[str, ...]]:
    """Where the span stands on the picture: (x, y, width, height) in thousandths of the page."""
    return [
        tuple(f"{1000 * edge:.1f}" for edge in (box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0))
        for _, box in boxes_for([page], *span)
    ]


def blocks(extraction: Extraction, start: int, end: int, mark: Span | None) -> list[Block]:
    """The pieces of the text in [start, end), each with its kind, and with what of it lies in `mark`."""
    elements = [(row[0], int(row[1]), int(row[2])) for row in extraction.layout.get("elements", [])]
    pieces = [(kind, max(at, start), min(until, end)) for kind, at, until in elements if at < end and until > start]
    found = [_block(extraction.text, *piece, mark) for piece in pieces or [("paragraph", start, end)]]
    return [block for block in found if (block.before + block.marked + block.after).strip()]


def _block(text: str, kind: str, start: int, end: int, mark: Span | None) -> Block:
    if mark is None or mark[0] >= end or mark[1] <= start:
        return Block(kind=kind, before=text[start:end])
    first, last = max(start, mark[0]), min(end, mark[1])
    return Block(kind=kind, before=text[start:first], marked=text[first:last], after=text[last:end])


def _number(wanted: str | None, spans: list[Span], mark: Span | None) -> int:
    if wanted and wanted.isdecimal() and len(wanted) < 7:
        return min(max(int(wanted), 1), max(len(spans), 1))
    if mark is None or not spans:
        return 1
    return max(1, bisect_right([start for start, _ in spans], mark[0]))


def _label(rows: list[Any], number: int, spans: list[Span]) -> str:
    """The name of a sheet, where pages have names."""
    return str(rows[number - 1][5]) if len(rows) == len(spans) and rows else ""
