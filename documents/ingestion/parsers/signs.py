"""What single characters become in text that is kept."""

from __future__ import annotations

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_DROPPED = (
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    *(0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF),
    *range(0x202A, 0x202F),  # direction overrides: they show one text and store another
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),  # lone surrogates, which UTF-8 cannot hold
)
_BULLETS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0A8: "☐", 0xF0D8: "➢", 0xF0E0: "→", 0xF0FC: "✓", 0xF0FE: "☒"}  # symbol fonts
TRANSLATION: dict[int, str | None] = {
    **dict.fromkeys(_DROPPED),
    **_LIGATURES,
    **_BULLETS,
    0x09: " ",
    0x0B: "\n",
    0x0C: "\n",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n",
}
