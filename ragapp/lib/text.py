"""Where sentences begin and end, and what can be stored of a text."""

import re

from django.core.exceptions import BadRequest

# A full stop after these does not end a sentence. Lower case; with inner stops where they have them.
_ABBREVIATIONS_TEXT = (
    "mr mrs ms dr prof st jr sr vs etc eg ie e.g i.e cf al fig figs no nos nr vol pp p ed eds approx dept est "
    "ext incl inc ltd co corp plc gen gov sen rep hon rev capt col lt sgt jan feb mar apr jun jul aug sep sept "
    "c r b ca oct nov dec mon tue wed thu fri sat sun a.m p.m u.s u.k u.n d.c ph.d b.sc m.sc sec min max art para ch "
    "tel z.b d.h u.a u.u s.o s.u o.ä u.ä bzw ca evtl ggf inkl exkl usw vgl abs nr str tel dipl hr fr std mind "
    "max s z d i.d.r i.v.m bspw sog geb gest jhd mio mrd sra sres srta ud uds pág núm ej p.ej"
)
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
_CLOSING = "\"'”’»)]}›“"
# Western ends need a following space; CJK ends do not.
_END = re.compile(rf"[.!?…]+[{re.escape(_CLOSING)}]*(?=\s|$)|[。！？｡]+[」』”’）》]*")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'“„«]+$")
_BLOCK = re.compile(r"[^\n]+")


class HasNul(BadRequest):
    """A request came with a NUL character."""


def storable(text: str) -> str:
    """`text` without what PostgreSQL takes in no text: NUL, and halves of characters, which JSON can spell."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences of `text`, in order, without the white space around them.

    A line break always ends a sentence: headings, list items and table rows have lines of their own. A full stop
    does not after an abbreviation, an initial, a number that goes on, or when the next word has a small letter.
    """
    spans: list[tuple[int, int]] = []
    for block in _BLOCK.finditer(text):
        start = block.start()
        for end in _ends(block.group()):
            spans.append((start, block.start() + end))
            start = block.start() + end
        spans.append((start, block.end()))
    return [trimmed for span in spans if (trimmed := _trim(text, *span)) is not None]


def _ends(line: str) -> list[int]:
    found = []
    for match in _END.finditer(line):
        if match.group()[0] != "." or _is_full_stop(line, match):
            found.append(match.end())
    return found


def _is_full_stop(line: str, match: re.Match[str]) -> bool:
    following = line[match.end() :].lstrip()
    if not following:
        return True
    if following[0].islower():
        return False
    if len(match.group()) > 1:
        return True
    before = _WORD_BEFORE.search(line[: match.start()])
    word = before.group() if before else ""
    if not word or word.lower() in _ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isalpha() and word.isupper():
        return False  # an initial
    # "3. Mai", "1. Purpose": a number of one or two digits counts something, "in 2025." ends.
    return not (word.isdigit() and len(word) <= 2 and not _looks_like_sentence_end(line, match))


def _looks_like_sentence_end(line: str, match: re.Match[str]) -> bool:
    """A short number ends a sentence when words of that sentence stand before it and it is no ordinal or item."""
    before = line[: match.start()].split()
    following = line[match.end() :].split()
    return len(before) > 3 and len(following) > 2 and following[0][:1].isupper() and following[0].lower() not in _MONTHS


_MONTHS_TEXT = (
    "januar februar märz april mai juni juli august september oktober november dezember january february march "
    "may june july october december quartal jahrhundert"
)
_MONTHS = frozenset(_MONTHS_TEXT.split())


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
