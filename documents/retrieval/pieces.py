"""A passage's sentences, table rows and list items, with the words around them and those their vector is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ragapp.lib.text import sentences

# Part of what makes a piece's vector: kept vectors of other cuttings are made anew.
CUTTING = "2"
Kind = Literal["sentence", "row", "item", "heading"]

_ROW = re.compile(r"^[^|\n]{1,200}(\s\|\s[^|\n]*)+$|^[^:|\n.!?]{1,60}: \S.{0,200}$")
LIST_MARK = re.compile(r"^\s*([-–•*▪◦‣·]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")
HEADING_WORDS = 12
EMBEDDED_CHARS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The characters [start, end) of a passage's text."""

    start: int
    end: int
    text: str
    kind: Kind
    around: str
    lead_in: str  # the sentence that introduces the list

    def embedded(self, *, title: str, heading_path: str) -> str:
        """The words whose vector says what it means: a row or an item means little without what stands above it."""
        if self.kind == "sentence":
            return self.text[:EMBEDDED_CHARS]
        above = self.lead_in or heading_path.rpartition("›")[2].strip() or title
        return f"{above}: {self.text}"[:EMBEDDED_CHARS]


_NUMBERED = re.compile(
    r"^\W*(?:(?:chapter|section|part|kapitel|abschnitt|teil)\s+)?\d+(?:\.\d+)*[.)]?\s+", re.IGNORECASE
)
_YEAR_OR_PAGE = re.compile(r"\b(?:19|20)\d\d\b|\b(?:page|seite|página|p\.|s\.)\s*\d+", re.IGNORECASE)
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|half|"
    r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|einmal|zweimal)\b",
    re.IGNORECASE,
)


def says_a_figure(line: str) -> bool:
    """Whether a short line tells a number, beside that of its section or page and years: more than a heading does."""
    return _FIGURE.search(_YEAR_OR_PAGE.sub("", _NUMBERED.sub("", line))) is not None


def pieces(text: str, *, title: str, heading_path: str) -> list[Piece]:
    """In reading order; headings only lend their words to what follows."""
    known = [part.strip() for part in heading_path.split("›") if part.strip()]
    found: list[Piece] = []
    heading, lead_in, before = (known[-1] if known else ""), "", ""
    for line in _lines(text, frozenset(known), title):
        if line.kind == "heading":
            heading, lead_in, before = line.text, "", ""
            if line.text in known or line.text == title or not says_a_figure(line.text):
                continue
            # A slide's "1,310 employees at five sites" above "Chief executive: …" heads nothing.
            line = replace(line, kind="item")
        spans = sentences(line.text) if line.kind == "sentence" else [(0, len(line.text))]
        for start, end in spans:
            words = line.text[start:end]
            own = "" if words == heading else heading
            around = " ".join(part for part in dict.fromkeys((title, *known, own, lead_in or before)) if part)
            found.append(
                Piece(
                    start=line.start + start,
                    end=line.start + end,
                    text=words,
                    kind=line.kind,
                    around=around,
                    lead_in=lead_in if line.kind == "item" else "",
                )
            )
            if line.kind == "sentence":
                before, lead_in = words, words if words.endswith(":") else ""
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a passage: the characters [start, end) of its text."""

    start: int
    end: int
    text: str
    kind: Kind


def _lines(passage: str, known_headings: frozenset[str], title: str) -> list[_Line]:
    lines = []
    headings = known_headings | {title}
    for match in re.finditer(r"[^\n]+", passage):
        text = match.group()
        stripped = text.strip()
        if not stripped:
            continue
        start = match.start() + len(text) - len(text.lstrip())
        lines.append(_Line(start, start + len(stripped), stripped, _kind(stripped, headings)))
    # A short line without a full stop heads what follows; the last line, or one of a run, is an item.
    for place, line in enumerate(lines):
        if line.kind == "heading" and line.text not in known_headings and not _heads(lines, place):
            lines[place] = replace(line, kind="item")
    return lines


def _kind(line: str, headings: frozenset[str]) -> Kind:
    if line in headings:
        return "heading"
    if LIST_MARK.match(line):
        return "item"
    if _ROW.match(line):
        return "row"
    if not _ENDED.search(line) and len(line.split()) <= HEADING_WORDS:
        return "heading"
    return "sentence"


def _heads(lines: Sequence[_Line], place: int) -> bool:
    return place + 1 < len(lines) and lines[place + 1].kind in ("sentence", "row")
