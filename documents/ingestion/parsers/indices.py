"""Raised and lowered figures as the characters that Unicode has for them.

10⁶ is not 106, and the mark of a note is no part of the word before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = "0123456789+-−=()"
_RAISED = str.maketrans(_PLAIN + "ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIGURES = re.compile(r"[\d+\-−=()]{1,6}|[ni]")
# Behind a word or the end of a sentence stands the mark of a note; behind a unit or a figure an exponent.
_NOTED = re.compile(r"[^\W\d_]{4}|.{0,3}[.,;:!?”\"’]", re.S)


def raised(text: str, before: Sequence[str]) -> str:
    """Raised `text` as it follows the pieces `before`; anything but figures as it is."""
    if not _FIGURES.fullmatch(text) or not text.isascii():
        return text
    gap = " " if text.isdecimal() and _NOTED.fullmatch("".join(before[-4:])[-4:]) else ""
    return gap + text.translate(_RAISED)


def lowered(text: str) -> str:
    """Lowered `text`; anything but figures as it is."""
    return text.translate(_LOWERED) if text.isascii() and _FIGURES.fullmatch(text) else text
