"""What the styles and numbering of a DOCX file say about a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from documents.ingestion.parsers.ooxml import W
from documents.ingestion.types import Kind

_HEADING = re.compile(r"^heading (\d)$")
_LIST = re.compile(r"^list(?: bullet| number| paragraph| continue)?(?: \d)?$")
_CONTENTS = re.compile(r"^(?:toc \d|table of figures|contents \d)$")
_PLACEHOLDER = re.compile(r"%(\d)")
_CODE_WORDS = ("code", "preformatted", "source", "listing")
_DEPTH = 20  # of styles based on styles
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_SMALL = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a paragraph counts: its kind, heading level, and its list (numbering id and depth), if any."""

    kind: Kind
    level: int = 0
    number: str = ""
    depth: int = 0
    listed: bool = False
    contents: bool = False  # a line of a generated table of contents, which repeats the headings


class Styles:
    """The styles part; without one every paragraph is plain."""

    def __init__(self, root: Any) -> None:
        styles = root.iter(W + "style") if root is not None else ()
        self._styles: dict[str, Any] = {style.get(W + "styleId", ""): style for style in styles}
        self._looks: dict[str, Look] = {}

    def look(self, paragraph: Any) -> Look:
        """How `paragraph` counts, by its style and by what it sets itself."""
        style = _value(paragraph, f"{W}pPr/{W}pStyle") or ""
        look = self._looks.get(style)
        if look is None:
            look = self._looks[style] = self._style_look(style)
        outline = _value(paragraph, f"{W}pPr/{W}outlineLvl")
        kind, level = look.kind, look.level
        if outline is not None and outline.isdecimal() and int(outline) < 6:
            kind, level = "heading", int(outline) + 1
        own = paragraph.find(f"{W}pPr/{W}numPr")
        number, depth, listed = look.number, look.depth, look.listed
        if own is not None:
            number = _value(own, W + "numId") or number
            depth = _small(_value(own, W + "ilvl"))
            listed = number != "0"
        return Look(
            kind=kind,
            level=level,
            number="" if number == "0" else number,
            depth=depth,
            listed=listed,
            contents=look.contents,
        )

    def hides(self, run: Any) -> bool:
        """Whether a run is hidden, white on nothing, or too small to see."""
        looks = run.find(W + "rPr")
        if looks is None:
            return False
        for properties in (looks, self._run_properties(_value(looks, W + "rStyle"))):
            if properties is None:
                continue
            if _is_on(properties.find(W + "vanish")) or _is_on(properties.find(W + "webHidden")):
                return True
            size = _value(properties, W + "sz")
            if size is not None and size.isdecimal() and int(size) <= 2:  # half points
                return True
            white = (_value(properties, W + "color") or "").upper() == "FFFFFF"
            if white and not _is_shaded(run):
                return True
        return False

    def _run_properties(self, style: str | None) -> Any:
        found = self._styles.get(style) if style else None
        return found.find(W + "rPr") if found is not None else None

    def _chain(self, style: str) -> list[Any]:
        """The style and those it is based on."""
        chain: list[Any] = []
        while style in self._styles and len(chain) < _DEPTH:
            chain.append(self._styles[style])
            style = _value(chain[-1], W + "basedOn") or ""
        return chain

    def _style_look(self, style: str) -> Look:
        chain = self._chain(style)
        kind, level = _named_kind([(_value(each, W + "name") or "").lower() for each in chain])
        number, depth = "", 0
        for each in reversed(chain):
            numbering = each.find(f"{W}pPr/{W}numPr")
            if numbering is not None:
                number = _value(numbering, W + "numId") or number
                depth = _small(_value(numbering, W + "ilvl"))
            outline = _value(each, f"{W}pPr/{W}outlineLvl")
            if kind == "paragraph" and outline is not None and _small(outline) < 6:
                kind, level = "heading", _small(outline) + 1
        own_name = (_value(chain[0], W + "name") or "").lower() if chain else ""
        listed = bool(number and number != "0") or bool(_LIST.match(own_name) and own_name != "list paragraph")
        contents = bool(_CONTENTS.match(own_name))
        return Look(kind=kind, level=level, number=number, depth=depth, listed=listed, contents=contents)


def _named_kind(names: list[str]) -> tuple[Kind, int]:
    for name in names:
        heading = _HEADING.match(name)
        if heading:
            return "heading", min(6, int(heading[1]))
        if name == "title":
            return "title", 0
        if name == "caption":
            return "caption", 0
        if any(word in name for word in _CODE_WORDS):
            return "code", 0
    return "paragraph", 0


class Numbering:
    """Counts numbered paragraphs as Word does."""

    def __init__(self, root: Any) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}  # list -> depth -> (format, text, start)
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        for abstract in root.iter(W + "abstractNum"):
            self._levels[abstract.get(W + "abstractNumId", "")] = {
                _small(level.get(W + "ilvl")): (
                    _value(level, W + "numFmt") or "decimal",
                    _value(level, W + "lvlText") or "",
                    _small(_value(level, W + "start") or "1"),
                )
                for level in abstract.iter(W + "lvl")
            }
        for number in root.iter(W + "num"):
            self._abstract[number.get(W + "numId", "")] = _value(number, W + "abstractNumId") or ""

    def label(self, paragraph: Any, look: Look) -> str | None:
        """The number printed before the paragraph, "" for a bullet, None when it is in no list."""
        if not look.listed and not look.number:
            return None
        name = self._abstract.get(look.number)
        levels = self._levels.get(name or "", {})
        if name is None or look.depth not in levels:
            return ""
        counts = self._counts.setdefault(name, {})
        counts[look.depth] = counts.get(look.depth, levels[look.depth][2] - 1) + 1
        for deeper in [depth for depth in counts if depth > look.depth]:
            del counts[deeper]
        form, pattern, _ = levels[look.depth]
        if form in ("bullet", "none"):
            return ""

        def shown(found: re.Match[str]) -> str:
            depth = int(found[1]) - 1
            level_form, _, start = levels.get(depth, ("decimal", "", 1))
            return numeral(counts.get(depth, start), level_form)

        return _PLACEHOLDER.sub(shown, pattern)


def numeral(number: int, form: str) -> str:
    """A number as lists print it: `form` as in OOXML, "decimal", "lowerLetter", "upperRoman" ..."""
    if form in ("lowerLetter", "upperLetter") and 0 < number <= 26 * 20:
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        text, left = "", number
        for value, sign in (*_ROMAN, *_ROMAN_SMALL):
            count, left = divmod(left, value)
            text += sign * count
        return text.upper() if form == "upperRoman" else text
    return f"{number:02}" if form == "decimalZero" else str(number)


def _value(node: Any, path: str) -> str | None:
    found = node.find(path)
    return None if found is None else found.get(W + "val")


def _small(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 5 else 0


def _is_on(node: Any) -> bool:
    return node is not None and node.get(W + "val", "true") not in ("false", "0", "off")


def _is_shaded(run: Any) -> bool:
    """Whether anything around the run gives white letters a ground: shading or a highlight."""
    if run.find(f"{W}rPr/{W}highlight") is not None or run.find(f"{W}rPr/{W}shd") is not None:
        return True
    for node in run.iterancestors():
        if node.find(f"{W}pPr/{W}shd") is not None or node.find(f"{W}tcPr/{W}shd") is not None:
            return True
        if node.tag in (W + "tbl", W + "txbxContent"):
            return True  # the table's style or the box's fill may shade it
    return False
