"""Text spelled in characters that nobody sees and every model reads: tags, variation selectors, bits of no width."""

from __future__ import annotations

import re

_TAG = 0xE0000
# A run of tag characters, an invisible copy of ASCII; and of selectors, each of which can stand for a byte. One to
# three selectors only choose the look of the letter or picture before them.
RUN = re.compile("[\U000e0000-\U000e007f]+|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_BITS = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff]{16,}")
# The flag of a part of a country is a black flag with its letters in tags.
_FLAG = "\U0001f3f4"
_UNKNOWN = "(characters that cannot be seen)"


def spelled(run: str) -> str:
    """What a `RUN` says."""
    if _TAG <= ord(run[0]) < _TAG + 0x80:
        return "".join(chr(ord(each) - _TAG) for each in run if 0x20 <= ord(each) - _TAG < 0x7F)
    said = bytes(ord(each) - 0xFE00 if ord(each) < 0xFF00 else ord(each) - 0xE0100 + 16 for each in run)
    return said.decode("utf-8", "replace")


def found_in(text: str) -> list[tuple[int, str]]:
    """What is spelled so in `text`, and where; not the letters of a flag."""
    return [
        (match.start(), said)
        for match in RUN.finditer(text)
        if text[max(0, match.start() - 1) : match.start()] != _FLAG and (said := spelled(match.group()).strip())
    ]


def bits_as_tags(text: str) -> str:
    """`text` with what is spelled in bits of no width written in tags: those survive until somebody reports them."""
    return _BITS.sub(lambda match: "".join(chr(_TAG + ord(each)) for each in _from_bits(match.group())), text)


def _from_bits(run: str) -> str:
    for one in sorted(set(run)):
        bits = "".join("1" if each == one else "0" for each in run)
        for width in (8, 7):
            said = "".join(chr(int(bits[at : at + width], 2)) for at in range(0, len(bits) - width + 1, width))
            if said and all(" " <= each <= "~" or each == "\n" for each in said):
                return said.replace("\n", " ")
    return _UNKNOWN
