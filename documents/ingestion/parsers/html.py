"""HTML with lxml: headings, paragraphs, lists, tables, code; without navigation, scripts and hidden text.

Not through `unstructured`: it returned nothing at all for a deeply nested page, keeps text that a browser
hides, and gives no column names with its tables. Walking is iterative, so that depth costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.types import Kind, ParsedDocument

VERSION = "1"
_SILENT = frozenset(
    "script style noscript template head svg iframe object canvas audio video math-ml map "
    "button select option input textarea datalist".split()
)
_AROUND = frozenset("nav header footer".split())
_AROUND_ROLES = frozenset("navigation banner contentinfo search menu menubar".split())
_BLOCKS: dict[str, Kind] = {
    **dict.fromkeys((f"h{level}" for level in range(1, 7)), "heading"),
    **dict.fromkeys(
        "p div section article main aside blockquote address body html dd details summary form fieldset ul ol dl "
        "figure center td th tr tbody thead tfoot table header footer nav".split(),
        "paragraph",
    ),
    "li": "list_item",
    "dt": "list_item",
    "pre": "code",
    "figcaption": "caption",
    "caption": "caption",
}
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.I)
_HIDING = (
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0\s*(?:;|$)|"
    r"font-size\s*:\s*0(?:px|pt|em|rem|%)?\s*(?:;|$|!)"
)
_HIDING_STYLE = re.compile(_HIDING, re.I)
_HIDING_RULE = re.compile(r"([.#][\w-]+)\s*\{[^{}]*(?:" + _HIDING.replace("|$", "|\\}") + ")", re.I)
_MEDIA_RULE = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.I)
_WHITE_TEXT = re.compile(r"(?<![-\w])color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255)", re.I)
_BACKGROUND = re.compile(r"background", re.I)
_ARRANGING = frozenset("table h1 h2 h3 h4 h5 h6 form".split())
_SILENT_PAIRS = frozenset("script style noscript template head".split())
_DEEP = 200  # tags, below which no page is too deep
_LEAST_MAIN = 100  # letters in <main> that make everything around it the page's frame
_MOST_SPANNED = 200
_MOST_COLUMNS = 500


def parse(source: Source) -> ParsedDocument:
    """Read an HTML page."""
    raw = source.path.read_bytes()
    declared = _CHARSET.search(raw[:4096])
    text = decode(raw, declared=declared[1].decode("ascii") if declared else "")
    draft = Draft(source.limits)
    title = add_html(draft, text)
    heading = draft.first_heading()
    if heading and title.startswith(heading):
        title = heading  # without the name of the site, which follows
    return draft.finish(title=title or heading, parser="html", version=VERSION)


def add_html(draft: Draft, text: str) -> str:
    """Write an HTML page or fragment into `draft` and return its `<title>`. Raises DamagedFile."""
    root = parse_tree(text)
    if root is None:
        return ""
    hidden = _hidden_selectors(root)
    before = len(draft.elements)
    mains = root.xpath("//main | //*[@role='main']")
    framed = sum(len("".join(main.itertext()).strip()) for main in mains) >= _LEAST_MAIN
    _Walk(draft, hidden, everything=False, framed=framed).run(root)
    if len(draft.elements) == before:
        _Walk(draft, hidden, everything=True).run(root)  # a page that is nothing but its frame
    if len(draft.elements) == before:
        _add_bare(draft, text)
    return plain_line(root.findtext(".//title") or "")


class _Bare(HTMLParser):
    """Gathers the text of a page too deeply nested for a tree."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT_PAIRS
        self.parts.append("\n" if tag in _BLOCKS or tag == "br" else "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT_PAIRS))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _add_bare(draft: Draft, text: str) -> None:
    if text.count("<") < _DEEP:
        return
    bare = _Bare()
    bare.feed(text)
    bare.close()
    for line in "".join(bare.parts).split("\n"):
        draft.add("paragraph", plain_block(line))
    draft.warn("The page is nested so deeply that only its bare text was read.")


def parse_tree(text: str) -> Any:
    """The element tree of an HTML text, or None when there is nothing in it."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        # Encoded again because lxml refuses text that names an encoding of its own.
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if not text.strip() or "empty" in str(error).lower():
            return None
        raise DamagedFile from error


def _hidden_selectors(root: Any) -> frozenset[str]:
    """Classes and ids that the page's own style sheet always hides, as ".name" and "#name"."""
    rules = " ".join(style.text or "" for style in root.iter("style"))
    return frozenset(_HIDING_RULE.findall(_MEDIA_RULE.sub(" ", rules)))


class _Walk:
    """One pass over the tree. Text gathers until a block begins or ends, then becomes an element."""

    def __init__(self, draft: Draft, hidden: frozenset[str], *, everything: bool, framed: bool = False) -> None:
        self._draft = draft
        self._hidden = hidden
        self._everything = everything
        self._framed = framed  # only what stands in <main> counts
        self._text: list[str] = []
        self._open: list[tuple[Kind, int]] = [("paragraph", 0)]
        self._numbers: list[int | None] = []  # the last number of each open list, None for bullets
        self._inside_content = 0
        self._skipping = False

    def run(self, root: Any) -> None:
        walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event in ("comment", "pi"):
                if event == "comment" and len((node.text or "").split()) > 3 and "[if" not in node.text:
                    self._draft.hide(node.text)
                self._add(node.tail)
            elif event == "start":
                if self._enter(node):
                    self._skipping = True  # its end comes next
                    walk.skip_subtree()
            else:
                self._leave(node)
        self._flush()

    def _enter(self, node: Any) -> bool:
        """Begin an element; True when what is inside has been dealt with."""
        tag = node.tag
        if self._dropped(node, tag):
            return True
        if tag == "table":
            rows = table_rows(node)
            if rows is not None:
                self._flush()
                caption = node.find("caption")
                if caption is not None:
                    self._draft.add("caption", plain_line("".join(caption.itertext())))
                _write_table(self._draft, *rows)
                return True
        if tag == "br":
            self._text.append("\n")
        if _is_content(node):
            self._inside_content += 1
        kind = _BLOCKS.get(tag)
        if kind:
            self._flush()
            self._count(node, tag)
            outer = self._open[-1]
            # A paragraph inside a list item or heading is still that.
            inherits = kind == "paragraph" and tag in ("p", "div") and outer[0] in ("list_item", "heading")
            self._open.append(outer if inherits else (kind, int(tag[1]) if kind == "heading" else 0))
        if tag == "li" and self._numbers and self._numbers[-1] is not None:
            self._text.append(f"{self._numbers[-1]}. ")
        self._add(node.text)
        return False

    def _count(self, node: Any, tag: str) -> None:
        """Keep the numbers of numbered lists."""
        if tag == "ol":
            start = node.get("start", "1")
            self._numbers.append(int(start) - 1 if start.isdecimal() and len(start) < 6 else 0)
        elif tag == "ul":
            self._numbers.append(None)
        elif tag == "li" and self._numbers:
            last = self._numbers[-1]
            self._numbers[-1] = None if last is None else last + 1

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if not self._skipping:
            if tag in _BLOCKS:
                self._flush()
                self._open.pop()
            if tag in ("ol", "ul") and self._numbers:
                self._numbers.pop()
            if _is_content(node):
                self._inside_content -= 1
        self._skipping = False
        self._add(node.tail)

    def _dropped(self, node: Any, tag: str) -> bool:
        """Whether a browser shows nothing of the element, or only the page's frame."""
        if tag in _SILENT:
            return True
        if is_hidden(node, self._hidden):
            self._draft.hide(" ".join(node.itertext()))
            return True
        if self._everything or self._inside_content:
            return False
        around = tag in _AROUND or node.get("role") in _AROUND_ROLES
        if self._framed and not around and tag not in ("html", "body") and not _holds_main(node):
            around = True
        if around:
            for heading in node.iter("h1"):
                self._flush()
                self._draft.add("heading", plain_line("".join(heading.itertext())), level=1)
        return around

    def _add(self, text: str | None) -> None:
        if text:
            # Line breaks in the source mean nothing outside <pre>.
            self._text.append(text if self._open[-1][0] == "code" else re.sub(r"\s+", " ", text))

    def _flush(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        kind, level = self._open[-1]
        if kind == "code":
            self._draft.add("code", plain_code(text))
        elif kind == "heading":
            self._draft.add("heading", plain_line(text), level=level)
        else:
            self._draft.add(kind, plain_block(text))


def _is_content(node: Any) -> bool:
    return node.tag in ("main", "article") or node.get("role") == "main"


def _holds_main(node: Any) -> bool:
    return bool(node.xpath("boolean(descendant-or-self::main | descendant-or-self::*[@role='main'])"))


def is_hidden(node: Any, selectors: frozenset[str] = frozenset()) -> bool:
    """Whether a style, an attribute or the page's style sheet hides the element."""
    attributes = node.attrib
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style", "")
    if style and _HIDING_STYLE.search(style):
        return True
    if style and _WHITE_TEXT.search(style) and not _on_background(node):
        return True
    names = {"." + name for name in attributes.get("class", "").split()} | {"#" + attributes.get("id", "")}
    return not names.isdisjoint(selectors)


def _on_background(node: Any) -> bool:
    """Whether the element or one around it sets a background, on which white text can be read."""
    around: Iterator[Any] = node.iterancestors()
    return any(
        _BACKGROUND.search(each.get("style", "")) or each.get("bgcolor") or each.get("class")
        for each in (node, *around)
    )


def table_rows(table: Any) -> tuple[list[list[str]], int | None, bool] | None:
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
        rows.append(_spread(cells, carried, repeat=all(titles)))
    if not rows or max(len(row) for row in rows) < 2:
        return None
    first_column_names = named == len(rows) and max(len(row) for row in rows) == 2
    return rows, header_rows or (0 if first_column_names else None), first_column_names


def _spread(cells: list[Any], carried: dict[int, tuple[int, str]], *, repeat: bool) -> list[str]:
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
        text = _cell_text(cell)
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


def _cell_text(cell: Any) -> str:
    parts: list[str] = []
    walk = etree.iterwalk(cell, events=("start", "end", "comment"))
    for event, node in walk:
        if event == "start":
            if node.tag in _SILENT or is_hidden(node):
                walk.skip_subtree()
                continue
            parts.append((" " if node.tag in _BLOCKS or node.tag == "br" else "") + (node.text or ""))
        elif node is not cell:
            parts.append((" " if node.tag in _BLOCKS else "") + (node.tail or ""))
    return plain_line("".join(parts))


def _write_table(draft: Draft, rows: list[list[str]], header_rows: int | None, named: bool) -> None:
    if named:
        draft.add("table", "\n".join(f"{row[0]}: {row[1]}" for row in rows if len(row) > 1 and row[1]))
    else:
        add_grid(draft, rows, header_rows=header_rows)
