"""What a document is about, in the few words that every passage of it is found by: whose, which, of when.

A passage from the middle of a report names neither the company nor the year; the file's name, the running header and
the cover do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from documents.ingestion.types import ParsedDocument

_NUMBERED = re.compile(
    r"[,|·–—-]?\s*\b(?:page|seite|p\.|s\.|pagina|página|sida)\s*\d{1,4}(?:\s*(?:/|of|von|de|av|sur)\s*\d{1,4})?",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"(?:(?:for the )?(?:fiscal |financial |calendar )?"
    r"(?:year|quarter(?:ly period)?|half[- ]year|(?:three|six|nine|twelve) months?)(?: period)? (?:ended|ending) "
    r"\w+ \d{1,2},? (?:19|20)\d\d|"
    r"(?:q[1-4]|h[12]|fy|(?:first|second|third|fourth) quarter(?: of)?|annual report|fiscal(?: year)?|half[- ]year|"
    r"geschäftsjahr|geschäftsbericht|jahresabschluss|quartal|halbjahr|exercice|ejercicio)[ /-]?(?:19|20)\d\d)",
    re.IGNORECASE,
)
_COVER = 6000  # characters in which the period is looked for
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])|(?<=[A-Za-z]{3})(?=\d)|(?<=\d{4})(?=[QqHh][1-4])")
_LONGEST = 160
_MEANINGLESS = frozenset(
    "scan scanned document untitled file copy final draft version new page img image doc pdf".split()
)


def subject(document: ParsedDocument, *, title: str, filename: str) -> str:
    """Words that `title` lacks and that say which document this is; "" when there are none. At most 160 characters."""
    said = _words(title)
    parts: list[str] = []
    for part in _candidates(document, filename):
        new = _words(part) - said
        if new - _MEANINGLESS:
            parts.append(part)
            said |= new
    return " · ".join(parts)[:_LONGEST].rstrip(" ·")


def _candidates(document: ParsedDocument, filename: str) -> Iterator[str]:
    """The file's name in words, the period on the cover, the running headers."""
    stem = PurePosixPath(filename).stem
    if sum(map(str.isalpha, stem)) > 2 and not re.fullmatch(r"[0-9a-f-]{16,}", stem, re.IGNORECASE):
        yield " ".join(_WORD.findall(_CAMEL.sub(" ", stem)))
    period = _PERIOD.search(document.text[:_COVER])
    if period:
        yield " ".join(period.group().split())
    for element in document.elements:
        if element.kind == "running":
            yield " ".join(_NUMBERED.sub("", document.text[element.start : element.end]).split())


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_CAMEL.sub(" ", text))}
