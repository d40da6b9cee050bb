"""Characters of symbol fonts and the fields of old forms in a DOCX file, as they are printed."""

from __future__ import annotations

from typing import Any

from documents.ingestion.parsers.ooxml import W

_SYMBOL = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB3: "≥",
    0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xD6: "√", 0xD7: "·", 0xDE: "⇒", 0xE5: "∑",
    0xF2: "∫",
}  # fmt: skip
_WINGDINGS = {
    0x6F: "[ ]", 0x78: "[x]", 0xA8: "[ ]", 0xFD: "[x]", 0xFE: "[x]", 0xFB: "✗", 0xFC: "✓", 0xE0: "→", 0xE8: "→",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


def symbol(font: str, code: str) -> str:
    """A character that is named by its font and its number there; a blank for one that is not known."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    known = _FONTS.get(font.lower())
    if known is not None or 0xF000 <= number <= 0xF0FF:
        return (known or {}).get(number & 0xFF, " ")
    return chr(number) if 0x20 <= number < 0xD800 else " "


def form_value(field: Any) -> str:
    """What a tick box or drop-down list of a form shows; "" for text fields, whose text stands behind them."""
    box = field.find(W + "checkBox")
    if box is not None:
        state = box.find(W + "checked")
        state = box.find(W + "default") if state is None else state
        return "[x]" if state is not None and state.get(W + "val", "true") not in ("0", "false", "off") else "[ ]"
    entries = [entry.get(W + "val", "") for entry in field.iterfind(f"{W}ddList/{W}listEntry")]
    chosen = field.find(f"{W}ddList/{W}result")
    at = chosen.get(W + "val", "0") if chosen is not None else "0"
    return entries[int(at)] if at.isdecimal() and len(at) < 4 and int(at) < len(entries) else ""
