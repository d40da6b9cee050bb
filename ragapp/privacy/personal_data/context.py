"""Words near a find that say what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Far enough for "Our social security number, as you asked on the phone, is", too short for the next paragraph's.
BEFORE_CHARS, AFTER_CHARS = 60, 24


def words(parts: Iterable[str]) -> re.Pattern[str]:
    """Any of `parts` (regular expressions) as whole words, in any case."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])", re.IGNORECASE)


def is_near(pattern: re.Pattern[str], text: str, start: int, end: int, *, after: bool = True) -> bool:
    """Whether `pattern` occurs shortly before [start, end), or right behind it on the same line."""
    if pattern.search(text, max(0, start - BEFORE_CHARS), start):
        return True
    if not after:
        return False
    line_end = text.find("\n", end, end + AFTER_CHARS)
    return bool(pattern.search(text, end, line_end if line_end >= 0 else min(len(text), end + AFTER_CHARS)))
