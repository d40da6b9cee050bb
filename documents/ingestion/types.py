"""The values that travel between the stages of ingestion."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from documents.ingestion.words import Words

Kind = Literal["title", "heading", "paragraph", "list_item", "table", "code", "caption", "note", "running"]
KINDS: frozenset[str] = frozenset(get_args(Kind))
CPU_AT_LEAST_S, CPU_S_PER_MB = 12, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a parser may use, and how much it may return."""

    memory_bytes: int = 896 * 1024**2  # of its own, without the code of programs; of each process that it starts, too
    cpu_seconds: int = 60  # a small file gets less, see `cpu_seconds_for`
    wall_seconds: float = 120.0
    written_bytes: int = 256 * 1024**2  # the largest file it may write, its answer included
    open_files: int = 128
    pages: int = 3000
    ocr_pages: int = 100
    ocr_languages: str = "eng"  # Tesseract's names, joined by "+"; missing ones are left out
    unpacked_bytes: int = 512 * 1024**2  # of a zip container
    characters: int = 12_000_000
    elements: int = 400_000  # headings, paragraphs, tables ...
    text_bytes: int = 40 * 1024**2  # of a file that is text itself, markup and encoding included
    cells: int = 2_000_000  # of a spreadsheet
    attachments: int = 100
    attachment_bytes: int = 50 * 1024**2  # all of one message together

    def cpu_seconds_for(self, size_bytes: int) -> int:
        """What a file of this size may take, recognising text not included: one of a few kilobytes that takes longer
        was made to."""
        return min(self.cpu_seconds, CPU_AT_LEAST_S + CPU_S_PER_MB * size_bytes // 1024**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in fractions of the page as it is shown: 0..1, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line. Words lie inside [start, end), in order, their edges in four decimals; what lies between them
    has no place."""

    start: int
    end: int
    box: Box
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A heading, paragraph, list item, table ...: the characters [start, end) of the text.

    A table's text has one row per line; each row reads "Column: value | Column: value", so that a row
    can be understood alone. Empty cells are left out. "running" is what the heads or feet of pages repeat; it stands
    once in the text.
    """

    kind: Kind
    start: int
    end: int
    page: int | None  # from 1; slides and sheets count as pages; None where the format has none
    level: int = 0  # headings: 1..6
    header: tuple[str, ...] = ()  # tables: the column names


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, slide or sheet: the characters [start, end) of the text. Sizes in points, 0 if unknown."""

    number: int
    start: int
    end: int
    width: float = 0.0
    height: float = 0.0
    label: str = ""  # the name of a sheet, or the number printed on the page
    lines: tuple[Line, ...] = ()  # PDF and images only, ordered by start, never overlapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside a file."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Text that a file holds and does not show. It is told to its owner and never indexed."""

    page: int | None
    words: int
    text: str  # its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """What a parser read. The text is NFC without control characters; elements do not overlap."""

    text: str
    elements: tuple[Element, ...]
    pages: tuple[Page, ...]
    title: str
    language: str  # ISO 639-1, or "" where the text is too short to tell
    parser: str
    parser_version: str
    warnings: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    hidden: tuple[Hidden, ...] = ()  # not stored with the layout
    recognised_pages: tuple[int, ...] = ()  # from 1: read from a picture; not stored with the layout
    unread_pages: tuple[int, ...] = ()  # from 1: they show something and gave no text; not stored with the layout


def boxes_for(pages: Iterable[Page], start: int, end: int) -> list[tuple[int, Box]]:
    """Where the characters [start, end) are printed: (page number, box), one box per run of words on a line.

    Words that the span only touches are marked whole. Empty where the format has no geometry.
    """
    found: list[tuple[int, Box]] = []
    for page in pages:
        if page.end <= start or page.start >= end:
            continue
        first = bisect_left(page.lines, start, key=lambda line: line.end - 1)
        for line in page.lines[first:]:
            if line.start >= end:
                break
            marked = [word for word in line.words if word.start < end and word.end > start]
            if marked:
                x0, x1 = min(word.x0 for word in marked), max(word.x1 for word in marked)
                found.append((page.number, Box(x0=x0, y0=line.box.y0, x1=x1, y1=line.box.y1)))
    return found


def to_json(document: ParsedDocument) -> dict[str, Any]:
    """The document as plain JSON, attachments left out. Coordinates keep four decimals."""
    return {
        "text": document.text,
        "elements": [_element_to_json(element) for element in document.elements],
        "pages": pages_to_json(document.pages),
        "title": document.title,
        "language": document.language,
        "parser": document.parser,
        "parser_version": document.parser_version,
        "warnings": list(document.warnings),
        "hidden": [[one.page, one.words, one.text] for one in document.hidden],
        "recognised_pages": list(document.recognised_pages),
        "unread_pages": list(document.unread_pages),
    }


def layout_to_json(document: ParsedDocument) -> str:
    """Elements, pages and title of `to_json` as JSON text, written a page at a time."""
    elements = ",".join(_compact(_element_to_json(element)) for element in document.elements)
    pages = ",".join(_compact(page_to_json(page)) for page in document.pages)
    return f'{{"elements":[{elements}],"pages":[{pages}],"title":{_compact(document.title)}}}'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(data: Mapping[str, Any]) -> ParsedDocument:
    """The document that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    return ParsedDocument(
        text=str(data["text"]),
        elements=tuple(_element(row) for row in data["elements"]),
        pages=pages_from_json(data["pages"]),
        title=str(data["title"]),
        language=str(data["language"]),
        parser=str(data["parser"]),
        parser_version=str(data["parser_version"]),
        warnings=tuple(str(warning) for warning in data["warnings"]),
        # Layouts stored by earlier versions lack these.
        hidden=tuple(
            Hidden(page=None if page is None else int(page), words=int(words), text=str(text))
            for page, words, text in data.get("hidden", ())
        ),
        recognised_pages=tuple(int(page) for page in data.get("recognised_pages", ())),
        unread_pages=tuple(int(page) for page in data.get("unread_pages", ())),
    )


def pages_to_json(pages: Iterable[Page]) -> list[list[Any]]:
    """Pages as short lists; `pages_from_json` reads them."""
    return [page_to_json(page) for page in pages]


def page_to_json(page: Page) -> list[Any]:
    """One page as `pages_to_json` has it."""
    size = (round(page.width, 2), round(page.height, 2))
    return [page.number, page.start, page.end, *size, page.label, _lines_to_json(page.lines)]


def pages_from_json(rows: Iterable[list[Any]]) -> tuple[Page, ...]:
    """The pages that `pages_to_json` wrote."""
    return tuple(page_from_json(row) for row in rows)


def page_from_json(row: list[Any]) -> Page:
    """The page that `page_to_json` wrote. Raises TypeError or ValueError for anything else."""
    number, start, end, width, height, label, lines = row
    return Page(
        number=int(number),
        start=int(start),
        end=int(end),
        width=float(width),
        height=float(height),
        label=str(label),
        lines=tuple(_line(line) for line in lines),
    )


def _lines_to_json(lines: tuple[Line, ...]) -> list[list[Any]]:
    return [
        [
            line.start,
            line.end,
            *(round(edge, 4) for edge in (line.box.x0, line.box.y0, line.box.x1, line.box.y1)),
            line.words.numbers(),
        ]
        for line in lines
    ]


def _line(row: list[Any]) -> Line:
    start, end, x0, y0, x1, y1, numbers = row
    box = Box(x0=float(x0), y0=float(y0), x1=float(x1), y1=float(y1))
    return Line(start=int(start), end=int(end), box=box, words=Words.of(numbers))


def _element_to_json(element: Element) -> list[Any]:
    place = [element.kind, element.start, element.end, element.page, element.level]
    return [*place, list(element.header)] if element.header else place


def _element(row: list[Any]) -> Element:
    kind, start, end, page, level, *header = row
    if kind not in KINDS:
        raise ValueError(f"unknown kind of element: {kind!r}")
    return Element(
        kind=kind,
        start=int(start),
        end=int(end),
        page=None if page is None else int(page),
        level=int(level),
        header=tuple(str(name) for name in header[0]) if header else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of a document that can be found: `text` is the characters [start, end) of the document's text.

    `context` (title and headings that are not in `text`) is put before it wherever it is embedded or analysed.
    """

    ordinal: int  # from 0, in reading order
    start: int
    end: int
    page: int | None  # where it starts
    heading_path: str
    context: str
    text: str
    tokens: int  # of `text`, by the embedding model's tokeniser
    content_hash: str  # of context and text: equal ones have equal vectors

    @property
    def with_context(self) -> str:
        """What is embedded and analysed."""
        return f"{self.context}\n{self.text}" if self.context else self.text
