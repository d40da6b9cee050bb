"""The numbers that an OpenDocument file prints before its list items and headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from documents.ingestion.parsers.docx_styles import numeral
from documents.ingestion.parsers.odf_parts import STYLE, TEXT, Parts, count

_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How one level of a list is numbered. `shown`: how many levels above it are printed, too."""

    form: str
    prefix: str
    suffix: str
    start: int
    shown: int


class Numbering:
    """Counts list items and headings as they are printed."""

    def __init__(self, parts: Parts) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        for style in parts.named(TEXT + "list-style"):
            if style.get(STYLE + "name"):
                self._levels[style.get(STYLE + "name", "")] = _levels(style)
        for outline in parts.named(TEXT + "outline-style"):
            self._levels[""] = _levels(outline)

    def begin(self, style: str, depth: int, node: Any) -> None:
        """A list begins: it counts from its start unless it goes on with an earlier one."""
        goes_on = node.get(TEXT + "continue-numbering") == "true" or node.get(TEXT + "continue-list") is not None
        if not goes_on:
            counts = self._counts.setdefault(style, {})
            for deeper in [level for level in counts if level >= depth]:
                del counts[deeper]

    def next(self, style: str, depth: int, item: Any) -> str:
        """The number before the next item of a list at a depth from 0; "" for a bullet."""
        start = item.get(TEXT + "start-value", "")
        return self._label(style, depth, int(start) if start.isdecimal() and len(start) < 6 else None)

    def heading(self, node: Any) -> str:
        """The number before a heading, "" where headings are not numbered."""
        if node.get(TEXT + "is-list-header") == "true" or next(node.iterancestors(TEXT + "list"), None) is not None:
            return ""
        return self._label("", count(node, TEXT + "outline-level") - 1, None)

    def _label(self, style: str, depth: int, start: int | None) -> str:
        levels = self._levels.get(style, {})
        level = levels.get(depth)
        if level is None:
            return ""
        counts = self._counts.setdefault(style, {})
        counts[depth] = start if start is not None else counts.get(depth, level.start - 1) + 1
        for deeper in [number for number in counts if number > depth]:
            del counts[deeper]
        if not level.form:
            return ""
        first = max(0, depth - level.shown + 1)
        printed = [
            numeral(counts.get(at, levels[at].start), levels[at].form)
            for at in range(first, depth + 1)
            if at in levels and levels[at].form
        ]
        return f"{level.prefix}{'.'.join(printed)}{level.suffix}".strip()


def _levels(style: Any) -> dict[int, _Level]:
    """The levels of a list's or the headings' style, by depth from 0."""
    return {
        count(level, TEXT + "level") - 1: _Level(
            form=_FORMS.get(level.get(STYLE + "num-format", ""), ""),
            prefix=level.get(STYLE + "num-prefix", ""),
            suffix=level.get(STYLE + "num-suffix", ""),
            start=count(level, TEXT + "start-value"),
            shown=count(level, TEXT + "display-levels"),
        )
        for level in style
        if level.tag in (TEXT + "list-level-style-number", TEXT + "outline-level-style")
    }
