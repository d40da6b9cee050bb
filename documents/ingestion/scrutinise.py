"""After cleaning: does the document give orders to the model that will read it?

What is found is put before a person. The wordings are in `injections`; this stage knows pages, code and hidden text.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from documents.ingestion.errors import Reason
from documents.ingestion.injections import Order, dressed_up, encoded, orders, visible
from documents.ingestion.types import ParsedDocument

MOST_REASONS = 12
IN_TEXT = "It gives orders to an AI model."
HIDDEN = "It gives orders to an AI model in text that readers do not see."
ENCODED = "It gives orders to an AI model in encoded or disguised text."


class _Place(NamedTuple):
    """An element in the text that is searched."""

    start: int
    end: int
    page: int | None
    is_code: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrutiny:
    """`reasons` to hold the document back, and `warnings` about what it only quotes."""

    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]


def scrutinise(document: ParsedDocument) -> Scrutiny:
    """Search title, text, hidden and encoded text for orders to a model."""
    text, places = _joined(document)
    code = [(place.start, place.end) for place in places if place.is_code]

    def page_at(at: int) -> int | None:
        return places[bisect_right(places, at, key=lambda place: place.start) - 1].page

    held: list[Reason] = []
    quoted: list[int | None] = []
    for order in orders(text, code=code):
        if order.is_quoted:
            quoted.append(page_at(order.start))
        else:
            held.append(_reason(IN_TEXT, page_at(order.start), order))
    if not held and not quoted:
        # Where wordings stand in the open, other readings of the text only find them once more.
        held += [_reason(ENCODED, None, order) for order in dressed_up(text)]
    held += [_reason(ENCODED, page_at(at), order) for at, order in encoded(text)]
    for hidden in document.hidden:
        shown = visible(hidden.text)
        in_code = (order for _, order in encoded(shown))
        found = [*orders(shown, is_hidden=True), *in_code, *dressed_up(shown)]
        held += [_reason(HIDDEN, hidden.page, order) for order in found]
    return Scrutiny(reasons=tuple(held[:MOST_REASONS]), warnings=tuple(dict.fromkeys(map(_quoted_on, quoted))))


def _joined(document: ParsedDocument) -> tuple[str, list[_Place]]:
    """Title and elements as they read, one below the other, and where each of them stands in that text."""
    parts: list[tuple[str, int | None, bool]] = [(visible(document.title), None, False)]
    for element in document.elements:
        part = visible(document.text[element.start : element.end])
        parts.append((part, element.page, element.kind == "code"))
    places, at = [], 0
    for part, page, is_code in parts:
        places.append(_Place(at, at + len(part), page, is_code))
        at += len(part) + 1
    return "\n".join(part for part, _, _ in parts), places


def _reason(detail: str, page: int | None, order: Order) -> Reason:
    return Reason(kind="instructions", detail=detail, page=page, quote=order.quote)


def _quoted_on(page: int | None) -> str:
    if page is None:
        return "The document quotes an order to an AI model and talks about it, so that it was not held back."
    return f"Page {page} quotes an order to an AI model and talks about it, so that it was not held back."
