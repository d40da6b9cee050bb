"""Measures of an answer's text."""

import re
import unicodedata
from collections.abc import Sequence

from ragapp.lib.text import sentences

_MARKER = re.compile(r"\s*\[\d+\]")


def plain(text: str) -> str:
    """Lower case, NFKC, citation markers and Markdown marks removed, single spaces."""
    text = _MARKER.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"\s+", " ", re.sub(r"[*_`|>#]", " ", text)).strip()


def contains_any(text: str, golds: Sequence[str]) -> bool:
    """True when `text` contains any of `golds`, ignoring case, marks and spacing."""
    haystack = plain(text)
    return any(plain(gold) in haystack for gold in golds if plain(gold))


def first_sentences(text: str, n: int) -> str:
    """The first `n` sentences of `text`."""
    text = _MARKER.sub("", text)
    spans = sentences(text)[:n]
    return text[: spans[-1][1]] if spans else ""
