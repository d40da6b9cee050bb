"""What is drawn in office files: charts as their figures, diagrams, text boxes, descriptions of pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from documents.ingestion.parsers.base import Draft, plain_block, plain_line
from documents.ingestion.parsers.equations import latex
from documents.ingestion.parsers.ooxml import MC, A, M, Package, R, Relation, local_name

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_MOST_POINTS = 2000
_GENERATED = re.compile(r"\s*(?:Description|Beschreibung) automatic\w* \w+\s*$", re.I)
_FILE_NAME = re.compile(r"^\S*[\\/]|\.(?:png|jpe?g|gif|bmp|tiff?|svg|emf|wmf|webp)$|^https?:", re.I)
_FEWEST_WORDS = 2


def paragraph(node: Any) -> str:
    """The text of a DrawingML paragraph."""
    parts: list[str] = []
    formulas = node.find(f".//{M}oMath") is not None
    for part in node.iter(A + "t", A + "br", A + "tab", M + "oMath"):
        if part.tag == M + "oMath":
            parts.append(latex(part))
        elif not formulas or next(part.iterancestors(MC + "Fallback", M + "oMath"), None) is None:
            parts.append(part.text or "" if part.tag == A + "t" else "\n" if part.tag == A + "br" else " ")
    return "".join(parts)


def add_charts(draft: Draft, package: Package, relations: dict[str, Relation], node: Any) -> None:
    """Write the charts that `node` (a frame, paragraph or drawing) refers to: titles, then a row per category."""
    for reference in node.iter(f"{_C}chart", f"{_CX}chart"):
        relation = relations.get(reference.get(R + "id", ""))
        root = package.part(relation.target) if relation else None
        if root is None:
            continue
        if reference.tag == f"{_CX}chart":
            _add_extended(draft, root)
        else:
            _add_chart(draft, root)
            for drawn in package.relations(relation.target).values() if relation else ():
                if drawn.kind == "chartUserShapes":
                    add_text_boxes(draft, package.part(drawn.target))


def _add_chart(draft: Draft, root: Any) -> None:
    main = root.find(f"{_C}chart/{_C}title")
    if main is not None:
        draft.add("caption", _title(main))
    axes = [_title(title) for title in root.iterfind(f"{_C}chart/{_C}plotArea//{_C}title")]
    draft.add("caption", " / ".join(dict.fromkeys(axis for axis in axes if axis)))
    series = list(root.iter(f"{_C}ser"))
    names = [_points(one, "tx") for one in series]
    values = [_points(one, "val") or _points(one, "yVal") for one in series]
    categories = next((found for one in series if (found := _points(one, "cat") or _points(one, "xVal"))), {})
    rows = [
        [categories.get(at, str(at + 1)), *(column.get(at, "") for column in values)]
        for at in sorted(set(categories).union(*values))
    ]
    if rows:  # some programs store no values with a chart; then they stand in the sheet alone
        draft.add_table(["Category", *(_first(name, at) for at, name in enumerate(names, 1))], rows)


def _title(node: Any) -> str:
    written = " ".join(paragraph(part) for part in node.iter(A + "p"))
    return plain_line(written or " ".join(value.text or "" for value in node.iter(f"{_C}v")))


def _add_extended(draft: Draft, root: Any) -> None:
    """A chart of a newer kind, such as a waterfall or a treemap."""
    draft.add("caption", plain_line(" ".join(paragraph(part) for part in root.iter(A + "p"))))
    columns = [
        {int(point.get("idx", "0")): plain_line(point.text or "") for point in level.iterfind(f"{_CX}pt")}
        for data in root.iterfind(f"{_CX}chartData/{_CX}data")
        for level in data.iter(f"{_CX}lvl")
    ]
    for at in sorted(set().union(*columns))[:_MOST_POINTS]:
        draft.add("list_item", " | ".join(value for column in columns if (value := column.get(at, ""))))


def _points(series: Any, part: str) -> dict[int, str]:
    """The cached values of a part of a series by their number; several levels of categories are joined."""
    found = series.find(_C + part)
    points: dict[int, str] = {}
    for point in found.iter(f"{_C}pt") if found is not None else ():
        number, text = point.get("idx", ""), plain_line(point.findtext(f"{_C}v") or "")
        if number.isdecimal() and len(points) < _MOST_POINTS:
            at = int(number)
            points[at] = f"{text} {points[at]}" if at in points else text
    if not points and found is not None and (written := found.findtext(f"{_C}v")):
        points[0] = plain_line(written)
    return points


def _first(name: dict[int, str], number: int) -> str:
    return next(iter(name.values()), f"Series {number}")


def add_diagrams(draft: Draft, package: Package, relations: dict[str, Relation], node: Any) -> None:
    """Write the texts of the SmartArt that `node` refers to."""
    for reference in node.iter(_DIAGRAM):
        relation = relations.get(reference.get(R + "dm", ""))
        root = package.part(relation.target) if relation else None
        for part in root.iter(A + "p") if root is not None else ():
            draft.add("list_item", plain_block(paragraph(part)))


def add_text_boxes(draft: Draft, root: Any) -> None:
    """Write the text boxes and shapes of a drawing on a sheet or over a chart."""
    for body in root.iter("{*}txBody") if root is not None else ():
        draft.add("paragraph", plain_block("\n".join(paragraph(part) for part in body.iter(A + "p"))))


def alternative_texts(root: Any) -> Iterator[str]:
    """What is written for people who do not see the pictures in `root`, where that says more than a file's name."""
    seen: set[str] = set()
    for node in root.iter("{*}cNvPr", "{*}docPr"):
        text = plain_line(_GENERATED.sub("", node.get("descr", "")))
        if local_name(node) and len(text.split()) >= _FEWEST_WORDS and not _FILE_NAME.search(text) and text not in seen:
            seen.add(text)
            yield text
