"""What a browser does not show of a page: by styles, attributes and the rules of the page's own style sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_NUMBER = r"\s*:\s*0*(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?=;|!|$|\})"
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden|"
    r"(?<![-\w])opacity\s*:\s*0*(?:\.0\d*)?\s*(?=;|!|$|\})|"
    r"font-size\s*:\s*(?:0*(?:\.\d+)?|1)(?:px|pt|em|rem|%)?(?<!1em)(?<!1rem)\s*(?=;|!|$|\})|"
    r"(?<![-\w])(?:left|right|top|bottom|text-indent|margin-left|margin-top)\s*:\s*-\s*\d{3,}|"
    r"transform\s*:[^;]*(?:scale(?:3d|x|y)?\(\s*0\s*[,)]|translate\w*\(\s*-\d{3,})|"
    r"clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)|"
    r"clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)|"
    r"(?<![-\w])color\s*:\s*transparent",
    re.IGNORECASE,
)
_SEE_THROUGH = re.compile(r"(?<![-\w])color\s*:\s*(?:rgba|hsla)\([^)]*[,/]\s*0*(?:\.0\d*)?%?\s*\)", re.IGNORECASE)
_FLAT = re.compile(rf"(?<![-\w])(?:max-)?(?:height|width){_NUMBER}", re.IGNORECASE)
_CUT = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;!}]+)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!}]+)", re.IGNORECASE)
_PARTS = re.compile(r"\d+")
_COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<marks>(?:[.#][\w-]+|\[[\w-]+(?:=[^\]]*)?\])*)$", re.IGNORECASE)
_MARK = re.compile(r"[.#][\w-]+|\[[^\]]+\]")
_NEARLY_WHITE = 248
_MOST_RULES, _MOST_NAMES, _LONGEST_STYLE = 2000, 50, 2000


class _Compound(NamedTuple):
    """One part of a selector: a tag's name ("" for any) and its marks: ".class", "#id", "[name]"."""

    tag: str
    marks: tuple[str, ...]


Selectors = tuple[tuple[_Compound, ...], ...]


def hiding_selectors(root: Any) -> Selectors:
    """The selectors that the page's own style sheet always hides; not those with states, siblings and the like."""
    sheet = " ".join(style.text or "" for style in root.iter("style"))
    # Without the notes. Cut by hand: a pattern would look for the end of each that has none.
    sheet = "".join(part if not at else part.partition("*/")[2] for at, part in enumerate(sheet.split("/*")))
    found: list[tuple[_Compound, ...]] = []
    depth = 0
    for rule in sheet.split("}")[:_MOST_RULES]:
        outer, _, body = rule.rpartition("{")
        # What stands in another block holds for some screens only.
        is_plain = depth == 0 and rule.count("{") == 1
        depth = max(0, depth + rule.count("{") - 1)
        if is_plain and _hides(body):
            found += [parts for name in outer.split(",")[:_MOST_NAMES] if (parts := _compounds(name))]
    return tuple(found)


def is_hidden(node: Any, selectors: Selectors = ()) -> bool:
    """Whether a style, an attribute or the page's style sheet hides the element."""
    attributes = node.attrib
    if attributes:
        if "hidden" in attributes or attributes.get("aria-hidden") == "true":
            return True
        style = attributes.get("style", "")[:_LONGEST_STYLE]
        if style and (_hides(style) or (_is_white(_colour(style)) and not _on_background(node))):
            return True
        if node.tag == "font" and _is_white(attributes.get("color", "")) and not _on_background(node):
            return True
    return any(_is_meant(node, parts) for parts in selectors)


def _hides(style: str) -> bool:
    style = style[:_LONGEST_STYLE]
    if _HIDING.search(style) or _SEE_THROUGH.search(style) or (_FLAT.search(style) and _CUT.search(style)):
        return True
    colour, ground = _colour(style), _GROUND.search(style)
    return bool(colour and ground and _written_alike(colour, ground[1]))


def _colour(style: str) -> str:
    found = _COLOUR.search(style)
    return found[1].strip().lower() if found else ""


def _written_alike(colour: str, ground: str) -> bool:
    plain = ground.strip().lower()
    return colour == plain or (_is_white(colour) and _is_white(plain))


def _is_white(colour: str) -> bool:
    colour = colour.strip().lower()
    if colour in ("white", "#fff", "snow", "ghostwhite", "ivory"):
        return True
    if colour.startswith("#"):
        digits = colour[1:7] if len(colour) in (7, 9) else "".join(2 * each for each in colour[1:4])
        parts = [int(digits[at : at + 2], 16) for at in (0, 2, 4)] if re.fullmatch("[0-9a-f]{6}", digits) else []
    else:
        parts = [int(part) for part in _PARTS.findall(colour)[:3]] if colour.startswith("rgb") else []
    return len(parts) == 3 and min(parts) >= _NEARLY_WHITE


def _on_background(node: Any) -> bool:
    """Whether the element or one around it sets a background, on which white text can be read."""
    around: Iterator[Any] = node.iterancestors()
    return any(_has_ground(each) or each.get("bgcolor") or each.get("class") for each in (node, *around))


def _has_ground(node: Any) -> bool:
    found = _GROUND.search(node.get("style", ""))
    return bool(found) and not _is_white(found[1] if found else "")


def _compounds(selector: str) -> tuple[_Compound, ...]:
    """The parts of a selector, the outermost first; () for one with states, siblings and the like."""
    parts = []
    for written in selector.replace(">", " ").split():
        match = _COMPOUND.match(written)
        if match is None or not match.group():
            return ()
        tag = (match["tag"] or "").lower()
        parts.append(_Compound("" if tag == "*" else tag, tuple(_MARK.findall(match["marks"]))))
    return tuple(parts) if parts and parts[-1] != _Compound("", ()) else ()


def _is_meant(node: Any, parts: tuple[_Compound, ...]) -> bool:
    if not _fits(node, parts[-1]):
        return False
    around = node.iterancestors()
    return all(any(_fits(each, part) for each in around) for part in reversed(parts[:-1]))


def _fits(node: Any, part: _Compound) -> bool:
    if part.tag and node.tag != part.tag:
        return False
    return all(_has(node, mark) for mark in part.marks)


def _has(node: Any, mark: str) -> bool:
    if mark[0] == ".":
        return mark[1:] in node.get("class", "").split()
    if mark[0] == "#":
        return bool(node.get("id") == mark[1:])
    name, _, value = mark[1:-1].partition("=")
    held = node.get(name.rstrip("~^$*|"))
    return held is not None and (not value or held == value.strip("\"'"))
