"""The second stage: what repeats on every page, and what only layout needs, is taken out of the text.

Spans of elements, pages, lines and words are moved along, so that they go on pointing at the same words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate

from documents.ingestion.types import Element, Line, Page, ParsedDocument, Word

_EDGE = 3  # elements at the top and at the bottom of a page that may be its header or footer
_LEAST_PAGES = 3
_LONGEST_HEADER = 160
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—|]\s*)?(?:(?:page|seite|p\.|s\.|pagina|página|sida)\s*)?(?:\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|de|av|sur)\s*\d{1,4})?(?:\s*[-–—|])?$",
    re.IGNORECASE,
)
_CONTENTS_LINE = re.compile(r"\.{4,}\s*\S{1,6}$")
_DROPPED = re.compile("\u00ad")
_BLANKS = re.compile(r"[^\S\n]{2,}|[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_SPACE_AROUND_BREAK = re.compile(r"[^\S\n]+(?=\n)|(?<=\n)[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class _Edit:
    """The characters [start, end) of the old text become `text`, which is never longer."""

    start: int
    end: int
    text: str


def clean(document: ParsedDocument) -> ParsedDocument:
    """The document without repeated headers and footers, page numbers, lines of a table of contents, soft
    hyphens and needless blanks. Code keeps its blanks. A document of nothing else is returned as it is.
    """
    kept = _without_frame(document)
    if not kept:
        kept = list(document.elements)
    edits = [*_gaps(document.text, kept), *(edit for element in kept for edit in _edits(document.text, element))]
    return _apply(document, kept, sorted(edits, key=lambda edit: edit.start))


def _without_frame(document: ParsedDocument) -> list[Element]:
    """The elements that say something: neither frame of the page nor list of contents."""
    frame = _frame(document)
    return [
        element
        for number, element in enumerate(document.elements)
        if number not in frame and not _lists_contents(document.text[element.start : element.end], element)
    ]


def _lists_contents(text: str, element: Element) -> bool:
    return element.kind != "code" and bool(_CONTENTS_LINE.search(text))


def _frame(document: ParsedDocument) -> set[int]:
    """Numbers of the elements that are headers, footers or page numbers."""
    by_page: dict[int, list[int]] = {}
    for number, element in enumerate(document.elements):
        if element.page is not None and element.kind != "table":
            by_page.setdefault(element.page, []).append(number)
    printed = any(page.lines for page in document.pages)
    if not printed:
        return set()  # slides and sheets have no running headers in their text
    tops = [numbers[:_EDGE] for numbers in by_page.values()]
    bottoms = [numbers[-_EDGE:] for numbers in by_page.values()]
    frame: set[int] = set()
    for edges in (tops, bottoms):
        seen = Counter(key for numbers in edges for key in {_key(document, number) for number in numbers})
        needed = max(_LEAST_PAGES, 0.5 * len(by_page)) if len(by_page) > 2 else 2
        repeated = {key for key, count in seen.items() if key and count >= needed}
        for numbers in edges:
            frame |= {number for number in numbers if _key(document, number) in repeated}
    outermost = {numbers[0] for numbers in tops} | {numbers[-1] for numbers in bottoms}
    # The title on the first page is often what the header of the others repeats: it stays.
    frame = {n for n in frame if document.elements[n].kind not in ("title", "heading") or not _first(document, n)}
    return frame | {number for number in outermost if _is_page_number(document, number)}


def _first(document: ParsedDocument, number: int) -> bool:
    return document.elements[number].page == 1


def _key(document: ParsedDocument, number: int) -> str:
    """What stays the same of a header from page to page; "" for what is too long to be one."""
    element = document.elements[number]
    text = document.text[element.start : element.end]
    return _DIGITS.sub("#", " ".join(text.split())).casefold() if len(text) <= _LONGEST_HEADER else ""


def _is_page_number(document: ParsedDocument, number: int) -> bool:
    element = document.elements[number]
    return bool(_PAGE_NUMBER.match(document.text[element.start : element.end].strip()))


def _gaps(text: str, kept: list[Element]) -> Iterable[_Edit]:
    """What lies between the elements that stay becomes one blank line."""
    at = 0
    for number, element in enumerate(kept):
        yield _Edit(at, element.start, _SEPARATOR if number else "")
        at = element.end
    yield _Edit(at, len(text), "")


def _edits(text: str, element: Element) -> Iterable[_Edit]:
    """What changes inside an element."""
    part = text[element.start : element.end]
    found = [(match.span(), "") for match in _DROPPED.finditer(part)]
    if element.kind != "code":
        taken = [match.span() for match in _SPACE_AROUND_BREAK.finditer(part)]
        found += [(span, "") for span in taken]
        inside = {at for start, end in taken for at in range(start, end)}
        found += [(match.span(), " ") for match in _BLANKS.finditer(part) if match.start() not in inside]
    found += [(match.span(), "\n\n") for match in _BLANK_LINES.finditer(part)]
    return [_Edit(element.start + start, element.start + end, new) for (start, end), new in sorted(found)]


def _apply(document: ParsedDocument, kept: list[Element], edits: list[_Edit]) -> ParsedDocument:
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (document.text[at : edit.start], edit.text)
        at = edit.end
    pieces.append(document.text[at:])
    moved = _Moved(edits)
    elements = tuple(replace(e, start=moved.start(e.start), end=moved.end(e.end)) for e in kept)
    pages = tuple(_page(page, moved, [e for e in elements if e.page == page.number]) for page in document.pages)
    return replace(document, text="".join(pieces), elements=elements, pages=_contiguous(pages))


class _Moved:
    """Where positions of the old text lie in the new one."""

    def __init__(self, edits: list[_Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        shrunk = (edit.end - edit.start - len(edit.text) for edit in edits)
        self._before = [0, *accumulate(shrunk)]

    def start(self, at: int) -> int:
        """The new place of a span's start: after an edit that ends there."""
        number = bisect_right(self._starts, at)
        return self._place(at, number)

    def end(self, at: int) -> int:
        """The new place of a span's end: before an edit that begins there."""
        number = bisect_right(self._starts, at - 1)
        return self._place(at, number)

    def removed(self, start: int, end: int) -> bool:
        """Whether an edit swallows the whole of [start, end)."""
        number = bisect_right(self._starts, start) - 1
        return number >= 0 and self._edits[number].end >= end

    def _place(self, at: int, number: int) -> int:
        """`number` edits begin at or before `at`; inside the last of them the place is its new end."""
        if number and at < self._edits[number - 1].end:
            last = self._edits[number - 1]
            return last.start - self._before[number - 1] + len(last.text)
        return at - self._before[number]


def _page(page: Page, moved: _Moved, elements: list[Element]) -> Page:
    lines = [_line(line, moved) for line in page.lines if not moved.removed(line.start, line.end)]
    if not elements:
        at = moved.end(page.start)
        return replace(page, start=at, end=at, lines=())
    return replace(
        page, start=elements[0].start, end=elements[-1].end, lines=tuple(line for line in lines if line.words)
    )


def _line(line: Line, moved: _Moved) -> Line:
    words = tuple(
        Word(start, end, word.x0, word.x1)
        for word in line.words
        if (start := moved.start(word.start)) < (end := moved.end(word.end))
    )
    if not words:
        return replace(line, words=())
    return replace(line, start=words[0].start, end=words[-1].end, words=words)


def _contiguous(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Pages that lost all their text stand, empty, where the one before them ends."""
    placed: list[Page] = []
    for page in pages:
        if page.start == page.end:
            at = placed[-1].end if placed else 0
            page = replace(page, start=at, end=at, lines=())
        placed.append(page)
    return tuple(placed)
