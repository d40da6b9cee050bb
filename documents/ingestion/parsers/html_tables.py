"""Tables of web pages: data tables as rows that can be understood alone; those that only arrange a page are none."""

from __future__ import annotations

from typing import Any

from lxml import etree

from documents.ingestion.parsers.base import Draft, plain_line
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.html_hiding import Selectors, is_hidden
from documents.ingestion.parsers.html_shown import BLOCKS, ItemNumbers, described, index, stands_for

_ARRANGING = frozenset("table h1 h2 h3 h4 h5 h6 form".split())
_MOST_SPANNED = 200
_MOST_COLUMNS = 500


def add_table(draft: Draft, table: Any, hidden: Selectors) -> bool:
    """Write a data table; False for one that only arranges a page, which is left to the caller.

    `hidden`: what the page's style sheet hides.
    """
    found = _table_rows(table, hidden)
    if found is None:
        return False
    rows, header_rows, named = found
    caption = table.find("caption")
    if caption is not None:
        draft.add("caption", plain_line("".join(caption.itertext())))
    if named:
        draft.add("table", "\n".join(f"{row[0]}: {row[1]}" for row in rows if len(row) > 1 and row[1]))
    else:
        add_grid(draft, rows, header_rows=header_rows)
    return True


def _table_rows(table: Any, hidden: Selectors) -> tuple[list[list[str]], int | None, bool] | None:
    """A data table as (rows, number of header rows or None, whether the first column names the rows).

    None for a table that only arranges a page: nested or with headings inside and without <th>, or of one column.
    """
    own_rows = table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
    arranging = any(node is not table for node in table.iter(*_ARRANGING))
    if arranging and not any(cell.tag == "th" for row in own_rows for cell in row):
        return None
    rows: list[list[str]] = []
    header_rows = 0
    named = 0
    carried: dict[int, tuple[int, str]] = {}  # column -> rows still to fill, text
    for row in own_rows:
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        if not cells:
            continue
        titles = [cell.tag == "th" for cell in cells]
        if (all(titles) or row.getparent().tag == "thead") and header_rows == len(rows):
            header_rows += 1
        named += titles[0] and not all(titles)
        rows.append(_spread(cells, carried, hidden, repeat=all(titles)))
    if not rows or max(len(row) for row in rows) < 2:
        return None
    first_column_names = named == len(rows) and max(len(row) for row in rows) == 2
    return rows, header_rows or (0 if first_column_names else None), first_column_names


def _spread(cells: list[Any], carried: dict[int, tuple[int, str]], hidden: Selectors, *, repeat: bool) -> list[str]:
    """A row's texts with joined cells spread out; what spans rows is repeated in each."""
    row: list[str] = []

    def fill_carried() -> None:
        while len(row) in carried:
            left, text = carried.pop(len(row))
            if left > 1:
                carried[len(row)] = (left - 1, text)
            row.append(text)

    for cell in cells:
        if len(row) > _MOST_COLUMNS:
            break
        fill_carried()
        text = _cell_text(cell, hidden)
        across, down = _span(cell, "colspan"), _span(cell, "rowspan")
        for number in range(across):
            shown = text if repeat or number == 0 else ""
            if down > 1:
                carried[len(row)] = (down - 1, shown)
            row.append(shown)
    fill_carried()
    return row


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return min(_MOST_SPANNED, max(1, int(value))) if value.isdecimal() and len(value) < 6 else 1


def _cell_text(cell: Any, hidden: Selectors) -> str:
    parts: list[str] = []
    numbers = ItemNumbers()
    skipped = False
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, node in walk:
        if event == "end":
            if not skipped:
                numbers.end(node)
            skipped = False
            if node is not cell:
                parts.append((" " if node.tag in BLOCKS else "") + (node.tail or ""))
            continue
        instead = "" if is_hidden(node, hidden) else stands_for(node)
        if instead is None:
            instead = index(node, parts)
        if instead is None:
            parts.append(" " if node.tag in BLOCKS or node.tag == "br" else "")
            number = numbers.begin(node)
            parts += [f"{number} " if number else "", node.text or ""]
        else:
            said = described(node)
            parts.append(f" {said} " if said else instead)
            skipped = True
            walk.skip_subtree()
    return plain_line("".join(parts))
