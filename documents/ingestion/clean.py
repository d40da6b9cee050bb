"""The second stage: what repeats on every page, and what only layout needs, is taken out of the text.

Spans of elements, pages, lines and words are moved along, so that they go on pointing at the same words.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from documents.ingestion import frames, unseen
from documents.ingestion.types import Element, Hidden, Line, Page, ParsedDocument
from documents.ingestion.words import Word, Words

_ENDS = (".", "!", "?", ":", ";", "。", "！", "？", "：", ".”", '."', ".)")
_CONTENTS_LINE = re.compile(r"(?<!\.)\.{4,}\s*\S{1,6}$")
_DROPPED = re.compile(f"\u00ad|{unseen.RUN.pattern}")
INVISIBLE = "Text in characters that cannot be seen was left out: {words}."
_BLANKS = re.compile(r"[^\S\n]{2,}|[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
# A run of blanks is only looked at from its beginning, or a long one would be looked at from each of them.
_SPACE_AROUND_BREAK = re.compile(r"(?<![^\S\n])[^\S\n]+(?=\n)|(?<=\n)[^\S\n]+")
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
    hyphens and needless blanks; paragraphs that a page break tore apart are whole again.

    Of each header or footer one stays, as an element of the kind "running". Code keeps its blanks. A document of
    nothing else is returned as it is. Text spelled in invisible characters is moved to what is hidden.
    """
    document = _without_unseen(document)
    frame, running = frames.found_in(document)
    kept = _without_frame(document, frame, running) or list(document.elements)
    joins = {at: _join(document.text, above, below) for at, (above, below) in enumerate(pairwise(kept), 1)}
    edits = [
        *_gaps(document.text, kept, joins),
        *(edit for element in kept for edit in _edits(document.text, element)),
    ]
    return _apply(document, kept, sorted(edits, key=lambda edit: edit.start), {at for at in joins if joins[at]})


def facts(parsed: ParsedDocument, cleaned: ParsedDocument) -> dict[str, float]:
    """What the quality report says of reading and cleaning: numbers, no text."""
    return {
        "pages": len(parsed.pages),
        "recognised_pages": len(parsed.recognised_pages),
        "hidden_words": sum(hidden.words for hidden in cleaned.hidden),
        "repeated_share": round(max(0.0, 1 - len(cleaned.text) / max(1, len(parsed.text))), 3),
    }


def _without_unseen(document: ParsedDocument) -> ParsedDocument:
    """What is spelled in invisible characters is told; it is taken out of names here, and of the text with the rest."""
    if not unseen.RUN.search(f"{document.title}{document.text}"):
        return document
    told: list[tuple[int | None, str]] = [(None, said) for _, said in unseen.found_in(document.title)]
    told += [(_page_at(document, at), said) for at, said in unseen.found_in(document.text)]
    words = sum(len(said.split()) for _, said in told)
    counted = f"{words} {'word' if words == 1 else 'words'}"
    return replace(
        document,
        title=unseen.RUN.sub("", document.title),
        elements=tuple(
            replace(each, header=tuple(unseen.RUN.sub("", name) for name in each.header)) for each in document.elements
        ),
        hidden=(*document.hidden, *(Hidden(page=page, words=len(said.split()), text=said) for page, said in told)),
        warnings=(*document.warnings, *([INVISIBLE.format(words=counted)] if told else [])),
    )


def _page_at(document: ParsedDocument, at: int) -> int | None:
    before = bisect_right(document.pages, at, key=lambda page: page.start)
    page = document.pages[before - 1] if before else None
    return page.number if page is not None and at < page.end else None


def _without_frame(document: ParsedDocument, frame: set[int], running: set[int]) -> list[Element]:
    """The elements that say something: neither frame of the page nor list of contents."""
    return [
        replace(element, kind="running", level=0) if number in running else element
        for number, element in enumerate(document.elements)
        if number not in frame and not _lists_contents(document.text[element.start : element.end], element)
    ]


def _lists_contents(text: str, element: Element) -> bool:
    return element.kind != "code" and bool(_CONTENTS_LINE.search(text))


def _join(text: str, above: Element, below: Element) -> tuple[int, str] | None:
    """Where the first half of a paragraph ends that goes on on the next page, and what joins the halves; else None."""
    if above.page is None or below.page is None or below.page != above.page + 1:
        return None
    if above.kind not in ("paragraph", "list_item") or below.kind != "paragraph":
        return None
    first, second = text[above.start : above.end], text[below.start : below.end]
    if first.endswith(_ENDS) or not second[:1].islower():
        return None
    if first.endswith("-") and first[-2:-1].isalpha():
        return above.end - 1, ""
    return above.end, " "


def _gaps(text: str, kept: list[Element], joins: Mapping[int, tuple[int, str] | None]) -> Iterable[_Edit]:
    """What lies between the elements that stay becomes one blank line, or what joins the halves of a paragraph."""
    at = 0
    for number, element in enumerate(kept):
        join = joins.get(number)
        yield _Edit(join[0] if join else at, element.start, join[1] if join else _SEPARATOR if number else "")
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


def _apply(document: ParsedDocument, kept: list[Element], edits: list[_Edit], joined: set[int]) -> ParsedDocument:
    """The edited document; the kept elements whose numbers are `joined` go on with the one before them."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (document.text[at : edit.start], edit.text)
        at = edit.end
    pieces.append(document.text[at:])
    moved = _Moved(edits)
    elements = [replace(e, start=moved.start(e.start), end=moved.end(e.end)) for e in kept]
    by_page: dict[int | None, list[Element]] = {}
    for element in elements:
        by_page.setdefault(element.page, []).append(element)
    pages = tuple(_page(page, moved, by_page.get(page.number, [])) for page in document.pages)
    whole: list[Element] = []
    for number, element in enumerate(elements):
        if number in joined:
            whole[-1] = replace(whole[-1], end=element.end)
        else:
            whole.append(element)
    return replace(document, text="".join(pieces), elements=tuple(whole), pages=_contiguous(pages))


class _Moved:
    """Where positions of the old text lie in the new one."""

    def __init__(self, edits: list[_Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        shrunk = (edit.end - edit.start - len(edit.text) for edit in edits)
        self._before = [0, *accumulate(shrunk)]

    def start(self, at: int) -> int:
        """The new place of a span's start: after an edit that ends there."""
        return self._place(at, bisect_right(self._starts, at))

    def end(self, at: int) -> int:
        """The new place of a span's end: before an edit that begins there."""
        return self._place(at, bisect_right(self._starts, at - 1))

    def removed(self, start: int, end: int) -> bool:
        """Whether an edit swallows the whole of [start, end)."""
        number = bisect_right(self._starts, start) - 1
        return number >= 0 and self._edits[number].end >= end

    def shift(self, start: int, end: int) -> int | None:
        """How far all of [start, end) moves; None where an edit reaches into it."""
        number = bisect_right(self._starts, start)
        touched = bool(number) and self._edits[number - 1].end > start
        touched = touched or number < bisect_left(self._starts, end)
        return None if touched else -self._before[number]

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
    held = tuple(line for line in lines if line.words)
    return replace(page, start=elements[0].start, end=elements[-1].end, lines=held)


def _line(line: Line, moved: _Moved) -> Line:
    shift = moved.shift(line.start, line.end)
    if shift is not None:
        whole = line.words.shifted(shift) if shift else line.words
        return Line(start=line.start + shift, end=line.end + shift, box=line.box, words=whole)
    words = tuple(
        Word(start, end, word.x0, word.x1)
        for word in line.words
        if (start := moved.start(word.start)) < (end := moved.end(word.end))
    )
    if not words:
        return replace(line, words=Words())
    return replace(line, start=words[0].start, end=words[-1].end, words=Words(words))


def _contiguous(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Pages that lost all their text stand, empty, where the one before them ends."""
    placed: list[Page] = []
    for page in pages:
        if page.start == page.end:
            at = placed[-1].end if placed else 0
            page = replace(page, start=at, end=at, lines=())
        placed.append(page)
    return tuple(placed)
