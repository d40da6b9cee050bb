"""Finds tables in the ruled lines of a page."""

from __future__ import annotations

from typing import NamedTuple

from documents.ingestion.parsers.printed import Ruled

_NEAR = 3.0  # points: lines this close are one, ends this close touch
_SHORTEST = 8.0
_LEAST_SHARE = 0.4  # of a grid's height that the edge of a column must run along
_MOST = 1500  # a drawing has more lines than a table


class Rule(NamedTuple):
    """A thin upright or level line, or a thin rectangle."""

    x0: float
    y0: float
    x1: float
    y1: float


def grids(rules: list[Rule]) -> list[Ruled]:
    """Grids of at least two columns and two rows, from the top of the page down."""
    level = [r for r in rules if r.y1 - r.y0 <= _NEAR and r.x1 - r.x0 >= _SHORTEST]
    upright = [r for r in rules if r.x1 - r.x0 <= _NEAR and r.y1 - r.y0 >= _SHORTEST]
    if len(level) < 3 or len(upright) < 3 or len(level) + len(upright) > _MOST:
        return []
    found = []
    for group in _touching(level + upright):
        ys = _merged([(r.y0 + r.y1) / 2 for r in group if r in level])
        xs = [x for x in _merged([(r.x0 + r.x1) / 2 for r in group if r in upright]) if _reaches(x, ys, group)]
        if len(xs) > 2 and len(ys) > 2:
            found.append(Ruled(xs=tuple(xs), ys=tuple(ys)))
    return sorted(found, key=lambda grid: grid.ys[0])


def _reaches(x: float, ys: list[float], group: set[Rule]) -> bool:
    """Whether upright lines at `x` run along enough of the grid: a frame around a page with a few lines is no table."""
    spans = sorted((r.y0, r.y1) for r in group if abs((r.x0 + r.x1) / 2 - x) <= 2 * _NEAR and r.x1 - r.x0 <= _NEAR)
    covered, end = 0.0, float("-inf")
    for y0, y1 in spans:
        covered += max(0.0, y1 - max(y0, end))
        end = max(end, y1)
    return bool(ys) and covered >= _LEAST_SHARE * (ys[-1] - ys[0])


def _merged(values: list[float]) -> list[float]:
    merged: list[float] = []
    for value in sorted(values):
        if not merged or value - merged[-1] > _NEAR:
            merged.append(value)
    return merged


def _touching(rules: list[Rule]) -> list[set[Rule]]:
    """Lines that touch, directly or through others."""
    groups: list[tuple[Rule, set[Rule]]] = []  # the box around each group, and its lines
    for rule in sorted(set(rules), key=lambda r: (r.y0, r.x0)):
        around, members = rule, {rule}
        apart = []
        for box, group in groups:
            if _touch(box, rule) and any(_touch(other, rule) for other in group):
                around, members = _union(around, box), members | group
            else:
                apart.append((box, group))
        groups = [*apart, (around, members)]
    return [group for _, group in groups]


def _touch(a: Rule, b: Rule) -> bool:
    return a.x0 <= b.x1 + _NEAR and b.x0 <= a.x1 + _NEAR and a.y0 <= b.y1 + _NEAR and b.y0 <= a.y1 + _NEAR


def _union(a: Rule, b: Rule) -> Rule:
    return Rule(min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))
