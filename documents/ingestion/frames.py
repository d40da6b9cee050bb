"""Running headers and footers, and page numbers: what repeats at the edges of the pages of a document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from documents.ingestion.types import ParsedDocument

_EDGE = 3  # elements at the top and at the bottom of a page that may be its header or footer
_LEAST_PAGES = 3
_LONGEST_HEADER = 160
_FEWEST_LETTERS = 8
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—|]\s*)?(?:(?:page|seite|p\.|s\.|pagina|página|sida)\s*)?(?:\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|de|av|sur)\s*\d{1,4})?(?:\s*[-–—|])?$",
    re.IGNORECASE,
)
_PAGE_WORD = re.compile(r"(?:page|seite|\bp\.|\bs\.|pagina|página|sida|blatt|sheet|folie|slide)\s*\d", re.IGNORECASE)
_SENTENCE = re.compile(r"\w{2,}[.!?]\s*$")


def found_in(document: ParsedDocument) -> tuple[set[int], set[int]]:
    """Numbers of the elements that are headers, footers or page numbers, and of those that stay for the others."""
    by_page: dict[int, list[int]] = {}
    for number, element in enumerate(document.elements):
        if element.page is not None and element.kind != "table":
            by_page.setdefault(element.page, []).append(number)
    printed = any(page.lines for page in document.pages)
    if not printed:
        return set(), set()  # slides and sheets have no running headers in their text
    tops = [numbers[:_EDGE] for numbers in by_page.values()]
    bottoms = [numbers[-_EDGE:] for numbers in by_page.values()]
    frame: set[int] = set()
    needed = max(_LEAST_PAGES, 0.5 * len(by_page)) if len(by_page) > 2 else 2
    for edges in (tops, bottoms):
        for same in _repeated(document, [number for numbers in edges for number in numbers]):
            if len({document.elements[number].page for number in same}) >= needed:
                frame.update(same)
    upper = {number for numbers in by_page.values() for number in numbers[: len(numbers) // 2]}
    running: dict[str, int] = {}  # by key the one that stays: the first of the headers, the last of the footers
    for number in sorted(frame):
        if document.elements[number].kind == "title":
            continue
        if _says_something(document, number) and not (number in upper and _key(document, number) in running):
            running[_key(document, number)] = number
    outermost = {numbers[0] for numbers in tops} | {numbers[-1] for numbers in bottoms}
    # The title on the first page is often what the header of the others repeats: it stays.
    frame = {n for n in frame if document.elements[n].kind not in ("title", "heading") or not _first(document, n)}
    numbers_alone = {number for number in outermost if _is_page_number(document, number)}
    return (frame - set(running.values())) | numbers_alone, set(running.values()) - numbers_alone


def _says_something(document: ParsedDocument, number: int) -> bool:
    """Whether a header is more than "Page 3 of 9"."""
    return sum(map(str.isalpha, _text(document, number))) >= _FEWEST_LETTERS


def _text(document: ParsedDocument, number: int) -> str:
    element = document.elements[number]
    return document.text[element.start : element.end]


def _first(document: ParsedDocument, number: int) -> bool:
    return document.elements[number].page == 1


def _key(document: ParsedDocument, number: int) -> str:
    """What stays the same of a header from page to page; "" for what is too long to be one."""
    text = _text(document, number)
    return _DIGITS.sub("\0", " ".join(text.split())).casefold() if len(text) <= _LONGEST_HEADER else ""


def _repeated(document: ParsedDocument, numbers: Iterable[int]) -> Iterable[list[int]]:
    """The elements among `numbers` that say the same, but for what goes on from page to page."""
    alike: dict[str, list[int]] = {}
    for number in numbers:
        if key := _key(document, number):
            alike.setdefault(key, []).append(number)
    return [_with_the_pages(document, same) for same in alike.values()]


def _with_the_pages(document: ParsedDocument, numbers: list[int]) -> list[int]:
    """Of elements alike but for figures those whose figures are always the same, or go on with the pages.

    What has other figures on each page ("Locker 17, code 4432") is no header: it says something there. Nor is what has
    two that go on ("Station 3 weighs 313 kg"), or one inside a sentence, unless a page is spoken of.
    """
    texts = [_text(document, number) for number in numbers]
    figures = [[int(figure) for figure in _DIGITS.findall(text)] for text in texts]
    pages = [document.elements[number].page or 0 for number in numbers]
    climbing = {column for column in zip(*figures, strict=True) if _climbs(column, pages)}
    says_more = len(climbing) > 1 or bool(climbing and _SENTENCE.search(texts[0]))
    if says_more and not _PAGE_WORD.search(texts[0]):
        return []
    fitting = [_fits(column, pages) for column in zip(*figures, strict=True)]
    return [number for at, number in enumerate(numbers) if all(fits[at] for fits in fitting)]


def _climbs(figures: Sequence[int], pages: Sequence[int]) -> bool:
    """Whether a figure goes on by one from page to page, mostly, as a page's number does."""
    if _is_of_chapters(figures):
        return False
    return _most([figure - page for figure, page in zip(figures, pages, strict=True)])[1] > _most(figures)[1]


def _fits(figures: Sequence[int], pages: Sequence[int]) -> list[bool]:
    """Of one figure of a header, page by page: whether it is that of a chapter, of all pages, or of the page."""
    if _is_of_chapters(figures):
        return [True] * len(figures)
    steps = figures
    if _climbs(figures, pages):
        steps = [figure - page for figure, page in zip(figures, pages, strict=True)]
    return [each == _most(steps)[0] for each in steps]


def _is_of_chapters(figures: Sequence[int]) -> bool:
    return list(figures) == sorted(figures) and 2 * len(set(figures)) <= len(figures)


def _most(figures: Sequence[int]) -> tuple[int, int]:
    """The figure that is there most often, and how often."""
    return Counter(figures).most_common(1)[0]


def _is_page_number(document: ParsedDocument, number: int) -> bool:
    return bool(_PAGE_NUMBER.match(_text(document, number).strip()))
