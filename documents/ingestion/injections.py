"""Orders to a language model inside a text: wordings of different families that stand close together add up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.ingestion import disguises, unseen
from documents.ingestion.injection_concepts import CONCEPTS
from documents.ingestion.injection_wordings import HIDDEN_SIGNALS, SIGNALS, Signal

IN_THE_OPEN = (*SIGNALS, *CONCEPTS)
ENOUGH = 2
# Signals that are no further apart belong to one order.
_NEAR_CHARS = 500
# An order that goes on for longer is told as several.
_MOST_HITS = 200
_AROUND_CHARS = 400
_QUOTE_CHARS = 240
# What is drawn with no width, or not at all, or through another letter.
_UNSEEN = re.compile("[\u00ad\u0334-\u0338\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Two signs that stand for whole sentences: spelled out, a file of them would fill the memory.
_SENTENCES = str.maketrans("\ufdfa\ufdfb", "  ")
_BLANKS = re.compile(r"[^\S\n]+")
_LETTER_SPACED = re.compile(r"(?<!\w[ .*_-])(?:\w[ .*_-]){2,}\w(?![\w.*_-])")
_QUOTED = re.compile(
    r"“[^”]{0,400}[”\"]|„[^“”\"]{0,400}[“”\"]|«[^»]{0,400}»|‘[^’]{3,400}’|「[^」]{0,400}」|"
    r'"[^"\n]{0,400}"|`[^`]{0,400}`|(?<![\w\'])\'[^\'\n]{3,400}\'(?!\w)'
)
# A text that tells its readers about such orders.
_TALKS_ABOUT = re.compile(
    r"injection|jail-?break|attack|malicious|hostile|phish|adversar|suspicious|untrusted|"
    r"\be\.\s?g\.|for (?:example|instance)|\bexamples?\b|such as|known as|angriff|angreif|beispiel|bösartig|"
    r"inyecci[óo]n|ataque|atacante|ejemplo|malicios|attaqu|exemple|malveillant|注入|攻击|攻擊|例如|恶意|越狱"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Signals that stand together: the characters [start, end) of the text that was searched."""

    start: int
    end: int
    families: frozenset[str]
    weight: int
    is_quoted: bool  # all of it stands in quotation marks or code, in a text about such orders
    quote: str


Hit = tuple[int, int, Signal]


def visible(text: str) -> str:
    """`text` as it reads, so that a wording is found however it was dressed up. Line breaks stay."""
    told = unseen.RUN.sub(lambda match: unseen.spelled(match.group()), text)
    plain = disguises.joined(
        disguises.latin(unicodedata.normalize("NFKC", _UNSEEN.sub("", told).translate(_SENTENCES)))
    )
    return _BLANKS.sub(" ", _LETTER_SPACED.sub(lambda match: match.group()[::2], plain))


def orders(text: str, *, is_hidden: bool = False, code: Sequence[tuple[int, int]] = ()) -> list[Order]:
    """What in `text`, which went through `visible`, is an order to a model; in hidden text any wording is enough.

    `code`: the spans of `text` that are set as code, which counts as quoted.
    """
    groups: list[list[Hit]] = []
    reach = 0
    for hit in sorted(_hits(text, [*IN_THE_OPEN, *HIDDEN_SIGNALS] if is_hidden else IN_THE_OPEN)):
        if groups and hit[0] - reach <= _NEAR_CHARS and len(groups[-1]) < _MOST_HITS:
            groups[-1].append(hit)
        else:
            groups.append([hit])
            reach = 0
        reach = max(reach, hit[1])
    found = [_order(text, group, code, is_hidden=is_hidden) for group in groups]
    return [order for order in found if order.weight >= (1 if is_hidden else ENOUGH)]


def encoded(text: str) -> Iterator[tuple[int, Order]]:
    """Orders in what stands in a code in `text`, which went through `visible`; with the places of the codes."""
    for at, inner in disguises.decoded(text):
        yield from ((at, order) for order in orders(visible(inner)))


def dressed_up(text: str) -> Iterator[Order]:
    """Orders in other ways to read the whole of `text`, which went through `visible`."""
    for other in disguises.readings(text):
        yield from orders(other)


def _hits(text: str, signals: Sequence[Signal]) -> Iterator[Hit]:
    small = text.casefold()
    if len(small) != len(text):
        small = text.lower() if len(text.lower()) == len(text) else text
    for signal in signals:
        if any(hint in small for hint in signal.hints):
            for match in signal.pattern.finditer(small):
                yield match.start(), match.end(), signal


def _order(text: str, group: Sequence[Hit], code: Sequence[tuple[int, int]], *, is_hidden: bool) -> Order:
    weights: dict[str, int] = {}
    for _, _, signal in group:
        weights[signal.family] = max(weights.get(signal.family, 0), signal.weight)
    start, end = group[0][0], max(end for _, end, _ in group)
    around = text[max(0, start - _AROUND_CHARS) : end + _AROUND_CHARS].lower()
    return Order(
        start=start,
        end=end,
        families=frozenset(weights),
        weight=sum(weights.values()),
        is_quoted=not is_hidden and bool(_TALKS_ABOUT.search(around)) and _all_quoted(text, group, code),
        quote=_shortened(text, start, end),
    )


def _all_quoted(text: str, group: Sequence[Hit], code: Sequence[tuple[int, int]]) -> bool:
    start, end = max(0, group[0][0] - _NEAR_CHARS), max(end for _, end, _ in group) + _NEAR_CHARS
    spans = [*code, *((start + m.start(), start + m.end()) for m in _QUOTED.finditer(text[start:end]))]
    # A wording may begin with the character before it.
    return all(any(a <= at + 1 and until <= b + 1 for a, b in spans) for at, until, _ in group)


def _shortened(text: str, start: int, end: int) -> str:
    quote = " ".join(text[start : max(end, start + 80)].split())
    return quote if len(quote) <= _QUOTE_CHARS else quote[: _QUOTE_CHARS - 1] + "…"
