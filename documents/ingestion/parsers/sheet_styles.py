"""Cell styles of a workbook: how they write numbers, and which show nothing.

Nothing is shown by letters in the colour of the cell, by tiny ones, and by the format ";;;".
"""

from __future__ import annotations

from typing import Any

from documents.ingestion.parsers.number_formats import BUILT_IN

_BLACK, _WHITE = "000000", "FFFFFF"
_THEME = {"0": _WHITE, "1": _BLACK}
_INDEXED = {"0": _BLACK, "1": _WHITE, "8": _BLACK, "9": _WHITE, "64": _BLACK, "65": _WHITE}
_TINY_POINTS = 2.0
_SHOWS_NOTHING = ";;;"


def formats(styles: Any) -> list[str]:
    """The format code of each cell style."""
    if styles is None:
        return []
    own = {item.get("numFmtId"): item.get("formatCode", "") for item in styles.iterfind("{*}numFmts/{*}numFmt")}
    codes = []
    for item in styles.iterfind("{*}cellXfs/{*}xf"):
        number = item.get("numFmtId", "0")
        codes.append(own.get(number) or BUILT_IN.get(int(number) if number.isdecimal() else 0, "General"))
    return codes


def unseen_styles(styles: Any, codes: list[str]) -> frozenset[str]:
    """The numbers of the styles whose cells look empty; `codes` holds the format code of each."""
    if styles is None:
        return frozenset()
    fonts = [(_colour(font.find("{*}color"), _BLACK), _points(font)) for font in styles.iterfind("{*}fonts/{*}font")]
    fills = [_background(fill) for fill in styles.iterfind("{*}fills/{*}fill")]
    unseen = []
    for number, item in enumerate(styles.iterfind("{*}cellXfs/{*}xf")):
        colour, points = _at(fonts, item.get("fontId"), (_BLACK, 11.0))
        background = _at(fills, item.get("fillId"), _WHITE)
        if colour == background or points < _TINY_POINTS or codes[number].strip() == _SHOWS_NOTHING:
            unseen.append(str(number))
    return frozenset(unseen)


def _background(fill: Any) -> str:
    """The colour behind the letters; one of its own for patterns and gradients."""
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return "gradient"
    kind = pattern.get("patternType", "none")
    return _WHITE if kind == "none" else _colour(pattern.find("{*}fgColor"), _BLACK) if kind == "solid" else "pattern"


def _colour(node: Any, usual: str) -> str:
    """One name for each colour, so that two can be compared."""
    if node is None or node.get("auto") in ("1", "true"):
        return usual
    tint = _number(node.get("tint"))
    if (rgb := node.get("rgb")) and not tint:
        return str(rgb)[-6:].upper()
    theme, indexed = node.get("theme"), node.get("indexed")
    if not tint and theme in _THEME:
        return _THEME[theme]
    return _INDEXED.get(indexed, "") or f"{rgb} {theme} {indexed} {tint:.2f}"


def _points(font: Any) -> float:
    size = font.find("{*}sz")
    return _number(size.get("val"), usual=11.0) if size is not None else 11.0


def _number(text: str | None, *, usual: float = 0.0) -> float:
    try:
        return float(text) if text else usual
    except ValueError:
        return usual


def _at(values: list[Any], number: str | None, usual: Any) -> Any:
    return values[int(number)] if number and number.isdecimal() and int(number) < len(values) else usual
