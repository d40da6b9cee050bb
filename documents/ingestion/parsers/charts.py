"""Charts in office files: the figures they were drawn from, as a table."""

from __future__ import annotations

from typing import Any

from documents.ingestion.parsers.base import Draft, plain_line
from documents.ingestion.parsers.ooxml import A, Package, R, Relation

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_MOST_POINTS = 2000


def add_charts(draft: Draft, package: Package, relations: dict[str, Relation], node: Any) -> None:
    """Write the charts that `node` (a frame or a paragraph) refers to: title, then a row per category."""
    for reference in node.iter(f"{_C}chart"):
        relation = relations.get(reference.get(R + "id", ""))
        root = package.part(relation.target) if relation else None
        if root is None:
            continue
        title = root.find(f"{_C}chart/{_C}title")
        if title is not None:
            draft.add("caption", plain_line(" ".join(text.text or "" for text in title.iter(A + "t"))))
        series = list(root.iter(f"{_C}ser"))
        names = [_points(one, "tx") for one in series]
        values = [_points(one, "val") or _points(one, "yVal") for one in series]
        categories = next((found for one in series if (found := _points(one, "cat") or _points(one, "xVal"))), {})
        rows = [
            [categories.get(at, str(at + 1)), *(column.get(at, "") for column in values)]
            for at in sorted(set().union(*values))
        ]
        draft.add_table(["Category", *(_first(name, at) for at, name in enumerate(names, 1))], rows)


def _points(series: Any, part: str) -> dict[int, str]:
    """The cached values of a part of a series by their number."""
    found = series.find(_C + part)
    points: dict[int, str] = {}
    for point in found.iter(f"{_C}pt") if found is not None else ():
        number, text = point.get("idx", ""), point.findtext(f"{_C}v") or ""
        if number.isdecimal() and len(points) < _MOST_POINTS:
            points[int(number)] = plain_line(text)
    return points


def _first(name: dict[int, str], number: int) -> str:
    return next(iter(name.values()), f"Series {number}")
