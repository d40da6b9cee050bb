"""Plain text, JSON, XML, notebooks and source code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain, plain_block, plain_code, plain_line
from documents.ingestion.parsers.encoding import decode, decode_xml
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.types import Kind, ParsedDocument

VERSION = "3"
_FOLDED = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\(.)")
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n+")
_ITEM = re.compile(r"^(?:[-*•‣·–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_UNDERLINE = re.compile(r"^([=\-~_*#])\1{2,}$")
_COLUMN_RULE = re.compile(r"^\s*(?:-{2,}|={2,})(?:\s+(?:-{2,}|={2,}))+\s*$")
_GAP = re.compile(r"\s{2,}")
_NUMBERED = re.compile(r"^\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+\S")
_CODE_LINES = 60
_MOST_LEAVES = 200_000


def parse_plain(source: Source) -> ParsedDocument:
    """Read plain text: paragraphs at blank lines, headings where they are underlined, numbered or in capitals."""
    draft = Draft(source.limits)
    text = decode(source.path.read_bytes())
    add_plain(draft, _unfolded(text) if text.startswith(("BEGIN:VCALENDAR", "BEGIN:VCARD")) else text)
    return draft.finish(title=draft.first_heading(), parser="text", version=VERSION)


def _unfolded(text: str) -> str:
    """Calendars and address cards with their long lines whole and each entry for itself."""
    text = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], _FOLDED.sub("", text))
    return re.sub(r"\r?\n(?=BEGIN:)", "\n\n", text)


def add_plain(draft: Draft, text: str) -> None:
    """Write plain text into `draft`."""
    # Tabs keep their width until columns have been looked for.
    for block in _PARAGRAPH.split(plain(text.expandtabs(8)).strip("\n")):
        _add_block(draft, [line.rstrip() for line in block.split("\n") if line.strip()])


def _add_block(draft: Draft, lines: list[str]) -> None:
    if _add_columns(draft, lines):
        return
    lines = [line for line in lines if not (_UNDERLINE.match(line.strip()) and len(lines) == 1)]
    if len(lines) > 1 and _UNDERLINE.match(lines[1].strip()):
        level = 1 if lines[1].strip()[0] in "=#*" else 2
        draft.add("heading", plain_line(lines[0]), level=level)
        lines = lines[2:]
    elif len(lines) == 1 and _is_heading(lines[0]):
        draft.add("heading", plain_line(lines[0]), level=1 if lines[0].isupper() else 2)
        return
    while len(lines) > 1 and _in_capitals(lines[0]):
        draft.add("heading", plain_line(lines.pop(0)), level=1 if not draft.elements else 2)
    item: list[str] = []
    kind: Kind = "paragraph"
    for line in lines:
        if _ITEM.match(line.strip()):
            _flush(draft, kind, item)
            item, kind = [], "list_item"
        item.append(line)
    _flush(draft, kind, item)


def _add_columns(draft: Draft, lines: list[str]) -> bool:
    """Write a table set in columns with blanks, whose header is underlined; False for anything else."""
    if len(lines) < 3 or not _COLUMN_RULE.match(lines[1]):
        return False
    rules = [found.span() for found in re.finditer(r"-+|=+", lines[1])]
    rows = []
    for line in (lines[0], *lines[2:]):
        cells = _GAP.split(line.strip())
        if len(cells) != len(rules):  # an empty cell: only the columns tell which
            cells = list(_cut(line, rules))
        if not _COLUMN_RULE.match(line):
            rows.append(cells)
    add_grid(draft, rows, header_rows=1)
    return True


def _cut(line: str, rules: list[tuple[int, int]]) -> Iterator[str]:
    """The cells above or below these rules; one that runs over the end of its rule goes on until the next gap."""
    at = 0
    for (_start, end), (following, _end) in pairwise([*rules, (len(line), 0)]):
        stop = max(following, at)
        if line[end:stop].strip() and stop < len(line):
            gap = _GAP.search(line, end)
            stop = max(at, gap.start() if gap else len(line))
        yield line[at:stop]
        at = stop


def _in_capitals(line: str) -> bool:
    letters = [ch for ch in line if ch.isalpha()]
    capitals = sum(ch.isupper() for ch in letters)
    shouted = len(letters) > 3 and capitals >= 0.4 * len(letters) and "".join(line.split()[:2]).isupper()
    return shouted and len(line) <= 80 and not line.endswith((".", ",", ";"))


def _is_heading(line: str) -> bool:
    line = line.strip()
    if len(line) > 80 or line.endswith((".", ",", ";", ":")) or not any(ch.isalpha() for ch in line):
        return False
    capitals = line.isupper() and len(line) > 3
    return capitals or bool(_NUMBERED.match(line))


def _flush(draft: Draft, kind: Kind, lines: list[str]) -> None:
    """Write lines as one element; text set in columns with blanks keeps its line breaks."""
    aligned = sum("   " in line.strip() for line in lines) > len(lines) // 2
    separator = "\n" if aligned or (len(lines) > 1 and max(map(len, lines)) < 50) else " "
    draft.add(kind, plain_block(separator.join(line.strip() for line in lines)))


def parse_source(source: Source) -> ParsedDocument:
    """Read program text or configuration, cut at blank lines near every sixty lines."""
    draft = Draft(source.limits)
    add_code(draft, decode(source.path.read_bytes()))
    return draft.finish(title=source.filename, parser="source", version=VERSION)


def add_code(draft: Draft, text: str) -> None:
    """Write program text as one or more elements."""
    block: list[str] = []
    for line in plain_code(text).split("\n"):
        if len(block) >= _CODE_LINES and not line.strip():
            draft.add("code", "\n".join(block).strip("\n"))
            block = []
        block.append(line)
    draft.add("code", "\n".join(block).strip("\n"))


def parse_json(source: Source) -> ParsedDocument:
    """Read JSON: one line per value with the path to it, one element per entry of the outermost level."""
    draft = Draft(source.limits)
    text = decode(source.path.read_bytes())
    try:
        data = json.loads(text)
    except ValueError:
        data, rest = _json_lines(text)
        if not data:
            # Settings with comments in them, and files that were cut off.
            draft.warn("The file is no valid JSON and was read as plain text.")
            add_code(draft, text)
        elif rest:
            draft.warn(f"Lines that are no valid JSON and were read as plain text: {len(rest)}.")
            add_code(draft, "\n".join(rest))
    for name, value in _entries(data):
        draft.add("paragraph", plain_block("\n".join(_leaves(value, name))))
    return draft.finish(title="", parser="json", version=VERSION)


def _json_lines(text: str) -> tuple[list[Any], list[str]]:
    """The values of a text that has one on each line, and the lines that hold none; no values where most do not."""
    values, rest = [], []
    for line in text.splitlines():
        try:
            if line.strip():
                values.append(json.loads(line))
        except ValueError:
            rest.append(line)
    of_records = [value for value in values if isinstance(value, dict | list)]
    return (values, rest) if not rest or len(of_records) >= len(rest) else ([], rest)


def _entries(data: Any) -> list[tuple[str, Any]]:
    if isinstance(data, dict):
        return [(str(key), value) for key, value in data.items()]
    if isinstance(data, list):
        return [("", value) for value in data]
    return [("", data)]


def _leaves(value: Any, name: str) -> list[str]:
    """Lines "a.b: value" for every value below `value`, in order, without recursion."""
    lines: list[str] = []
    waiting: list[tuple[str, Any]] = [(name, value)]
    while waiting and len(lines) < _MOST_LEAVES:
        path, item = waiting.pop()
        if isinstance(item, dict):
            children = [(f"{path}.{key}" if path else str(key), child) for key, child in item.items()]
            waiting += reversed(children)
        elif isinstance(item, list):
            waiting += [(path, child) for child in reversed(item)]
        elif item is not None and item != "":
            shown = plain_line(item if isinstance(item, str) else json.dumps(item))
            lines.append(f"{path}: {shown}" if path else shown)
    return lines


def parse_notebook(source: Source) -> ParsedDocument:
    """Read a Jupyter notebook: its Markdown and code cells, without outputs."""
    from documents.ingestion.parsers.markdown import add_markdown

    draft = Draft(source.limits)
    try:
        for cell in _cells(json.loads(decode(source.path.read_bytes()))):
            written = cell["source"] if "source" in cell else cell["input"]
            text = written if isinstance(written, str) else "".join(written)
            if cell["cell_type"] == "markdown":
                add_markdown(draft, text)
            else:
                add_code(draft, text)
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFile("The file is not a valid notebook.") from error
    return draft.finish(title=draft.first_heading(), parser="notebook", version=VERSION)


def _cells(notebook: Any) -> list[Any]:
    """In the order of the notebook; until its third format they stood on worksheets."""
    if "worksheets" in notebook:
        return [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    cells: list[Any] = notebook["cells"]
    return cells


def parse_xml(source: Source) -> ParsedDocument:
    """Read XML: one element per innermost group, lines "name: text". Entities are not expanded."""
    from lxml import etree

    from documents.ingestion.parsers.trees import xml_tree

    draft = Draft(source.limits)
    root = xml_tree(decode_xml(source.path.read_bytes()).encode("utf-8", "replace"), recover=True)
    if root is None:
        raise DamagedFile("The file is not valid XML.")
    lines: list[str] = []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(node.tag, str):
            continue  # an entity
        if event == "start":
            if len(node) and any(len(child) for child in node):
                _write_lines(draft, lines)
            name = etree.QName(node).localname
            values = [f"{name} {key}: {value}" for key, value in node.attrib.items() if value.strip()]
            lines += [plain_line(value) for value in values]
            if node.text and node.text.strip():
                lines.append(plain_line(f"{name}: {node.text}"))
        else:
            if node.tail and node.tail.strip():
                lines.append(plain_line(node.tail))
            if len(node):
                _write_lines(draft, lines)
    _write_lines(draft, lines)
    return draft.finish(title="", parser="xml", version=VERSION)


def _write_lines(draft: Draft, lines: list[str]) -> None:
    draft.add("paragraph", "\n".join(lines))
    lines.clear()
