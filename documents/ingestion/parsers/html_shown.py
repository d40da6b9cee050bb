"""What a browser shows of an element: nothing of hidden ones, and something for fields, pictures and formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from documents.ingestion.parsers.base import plain_line
from documents.ingestion.parsers.indices import lowered, raised
from documents.ingestion.types import Kind

SILENT = frozenset("script style noscript template head iframe object canvas audio video map datalist rt rp".split())
BLOCKS: dict[str, Kind] = {
    **dict.fromkeys((f"h{level}" for level in range(1, 7)), "heading"),
    **dict.fromkeys(
        "p div section article main aside blockquote address body html dd details summary form fieldset legend ul ol "
        "dl menu figure center td th tr tbody thead tfoot table header footer nav dialog hr option".split(),
        "paragraph",
    ),
    "li": "list_item",
    "dt": "list_item",
    "pre": "code",
    "figcaption": "caption",
    "caption": "caption",
}
_TICKS = ("checkbox", "radio")
_WITHOUT_WORDS = frozenset("hidden password submit button reset image file color range".split())
_NAMING = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "li", "th")
_MOST_CHOICES = 30
_FEWEST_WORDS = 2
_LONGEST_DRAWING = 2000
_FILE_NAME = re.compile(r"^\S*[\\/]\S*$|\.(?:png|jpe?g|gif|bmp|svg|webp|avif)$|^https?:", re.I)


def stands_for(node: Any) -> str | None:
    """What is read instead of an element and all inside it; None where its content is read as it is."""
    tag = node.tag
    if tag in SILENT:
        is_formula = tag == "script" and node.get("type", "").startswith("math/tex")
        return f" {plain_line(node.text or '')} " if is_formula else ""
    if tag == "input":
        return _input(node)
    if tag == "select":
        choices = [plain_line("".join(option.itertext())) for option in node.iter("option")]
        chosen = [
            choice for choice, option in zip(choices, node.iter("option"), strict=True) if "selected" in option.attrib
        ]
        return f" {', '.join(filter(None, choices if len(choices) <= _MOST_CHOICES else chosen))} "
    if tag == "button":
        return None if _says_something(node) else ""
    if tag == "math":
        written = formula(node)
        return f" {written} " if written else None
    if tag in ("svg", "img"):
        return ""
    return None


def index(node: Any, before: Sequence[str]) -> str | None:
    """Raised or lowered figures as they follow the pieces of text `before`; None for other elements."""
    if node.tag not in ("sup", "sub") or len(node):
        return None
    text = node.text or ""
    return raised(text, before) if node.tag == "sup" else lowered(text)


def _input(node: Any) -> str:
    kind = node.get("type", "text").lower()
    if kind in _TICKS:
        return "[x] " if "checked" in node.attrib else "[ ] "
    return "" if kind in _WITHOUT_WORDS else f" {plain_line(node.get('value', ''))} "


def _says_something(button: Any) -> bool:
    """Whether a button is the question or heading that opens an answer, rather than "Send" or "Copy"."""
    text = plain_line("".join(button.itertext()))
    return text.endswith("?") or len(text.split()) > 3 or next(button.iterancestors(*_NAMING), None) is not None


def formula(node: Any) -> str:
    """A formula as LaTeX where the page has that beside it, else ""."""
    for math in node.iter("math"):
        for note in math.iter("annotation"):
            if "tex" in note.get("encoding", "").lower():
                return plain_line("".join(note.itertext()))
        return plain_line(math.get("alttext", ""))
    return ""


def described(node: Any) -> str:
    """What a picture says to people who do not see it, or what is written in a drawing; "" where that is little."""
    if node.tag == "img":
        text = plain_line(node.get("alt", ""))
    elif node.tag == "svg":
        text = plain_line(" ".join(" ".join(part.itertext()) for part in node.iter("title", "desc", "text")))
    else:
        return ""
    if len(text.split()) < _FEWEST_WORDS or _FILE_NAME.search(text):
        return ""
    return text[:_LONGEST_DRAWING]


class ItemNumbers:
    """Counts the items of open numbered lists."""

    def __init__(self) -> None:
        self._last: list[int | None] = []  # of each open list, None for bullets

    def begin(self, node: Any) -> str:
        """An element begins: the number to print before it, such as "3.", or ""."""
        if node.tag == "ol":
            start = node.get("start", "1")
            self._last.append(int(start) - 1 if start.isdecimal() and len(start) < 6 else 0)
        elif node.tag in ("ul", "menu"):
            self._last.append(None)
        elif node.tag == "li" and self._last:
            last = self._last[-1]
            if last is not None:
                self._last[-1] = last + 1
                return f"{last + 1}."
        return ""

    def end(self, node: Any) -> None:
        """An element ends."""
        if node.tag in ("ol", "ul", "menu") and self._last:
            self._last.pop()
