"""RTF from its control words: headings, lists, tables, notes, comments, boxes, heads and feet of pages.

Not through `unstructured`, which needs pandoc and a language model for it, and loses headings, list numbers and all
that stands beside the text. Control words are those of the Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import replace

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_line
from documents.ingestion.parsers.grids import add_grid
from documents.ingestion.parsers.indices import lowered, raised
from documents.ingestion.parsers.rtf_words import (
    ASIDE,
    AUTHOR,
    CAPTURED,
    CHARSETS,
    DROPPED,
    FONTS,
    LABEL,
    OPENED,
    PAINT,
    SIGNS,
    SILENT,
    STYLES,
    TINY_HALF_POINTS,
    TITLES,
    Flow,
    Group,
    codec,
    white_colours,
)
from documents.ingestion.types import ParsedDocument

VERSION = "2"
_HEADING = re.compile(r"^(?:heading|überschrift|titre|título) (\d)\b", re.I)
_PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)


def parse(source: Source) -> ParsedDocument:
    """Read an RTF file. Raises DamagedFile."""
    draft = Draft(source.limits)
    reader = _Reader(draft)
    reader.read(source.path.read_bytes().decode("latin-1"))
    return draft.finish(title=reader.title or draft.first_heading(), parser="rtf", version=VERSION)


class _Reader:
    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._groups = [Group()]
        self._flows = [Flow()]
        self._bytes = b""
        self._whites: frozenset[int] = frozenset()
        self._skip = 0  # characters still to leave out behind one of Unicode
        self._charsets: dict[int, str] = {}
        self._font = 0
        self._default = "cp1252"
        self._names: dict[int, str] = {}
        self._style = 0
        self._gathered: dict[str, str] = {}
        self._aside: list[tuple[str, str]] = []
        self._running: dict[str, str] = {}
        self.title = ""

    def read(self, text: str) -> None:
        """Take the file's text, a character per byte. Raises DamagedFile."""
        self._whites = white_colours(text)
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise DamagedFile
            at = found.end()
            word, number, code, sign, brace, run = found.groups()
            if code is not None:
                self._byte(bytes.fromhex(code))
            elif word == "bin":
                at += max(0, int(number or 0))
            elif word is not None:
                self._settle()
                self._word(word, int(number) if number else None)
            elif sign is not None:
                self._settle()
                self._symbol(sign)
            elif brace is not None:
                self._settle()
                self._brace(brace)
            elif run is not None:
                self._settle()
                kept, self._skip = run[self._skip :], max(0, self._skip - len(run))
                self._put(kept.encode("latin-1").decode(self._groups[-1].codec, "replace"))
        self._settle()
        self._finish()

    def _finish(self) -> None:
        while len(self._flows) > 1:  # of a file that was cut off
            self._end_aside("note")
        self._end_paragraph()
        self._end_table()
        for told in self._running.values():
            self._draft.add("running", told)

    def _brace(self, brace: str) -> None:
        self._skip = 0
        if brace == "{":
            self._groups.append(replace(self._groups[-1], starred=False, aside=""))
        elif len(self._groups) > 1:
            group = self._groups.pop()
            if group.aside and len(self._flows) > 1:
                self._end_aside(group.aside)

    def _symbol(self, sign: str) -> None:
        if sign == "*":
            self._groups[-1].starred = True
        elif sign in "\\{}":
            self._put(sign)
        elif sign in SIGNS:
            self._put(SIGNS[sign])

    def _byte(self, byte: bytes) -> None:
        if self._skip:
            self._skip -= 1
        else:
            self._bytes += byte

    def _settle(self) -> None:
        """Read the bytes that were gathered, several of which may be one character."""
        if self._bytes:
            text, self._bytes = self._bytes.decode(self._groups[-1].codec, "replace"), b""
            self._put(text)

    def _word(self, word: str, number: int | None) -> None:
        group = self._groups[-1]
        if word == "u" and number is not None:
            self._put(chr(number % 65536))
            self._skip = group.fallback
        elif word in CAPTURED:
            group.sink = CAPTURED[word]
            self._gathered[group.sink] = ""
            self._flows[-1].label = "" if group.sink == LABEL else self._flows[-1].label
        elif word == "atnauthor":
            group.sink, self._gathered[AUTHOR] = AUTHOR, ""
        elif word in ASIDE:
            group.sink, group.aside, group.starred = "", ASIDE[word], False
            group.hidden = False
            self._flows.append(Flow())
        elif word in DROPPED or (group.starred and word not in OPENED):
            group.sink = SILENT
        elif word in SIGNS:
            self._put(SIGNS[word])
        else:
            self._format(group, word, number)
        group.starred = False

    def _format(self, group: Group, word: str, number: int | None) -> None:
        flow = self._flows[-1]
        if group.sink in (FONTS, STYLES):
            self._define(group, word, number)
        elif word == "f":
            group.codec = self._charsets.get(number or 0, self._default)
        elif word in ("ansicpg", "mac"):
            self._default = group.codec = codec(number or 0) if word == "ansicpg" else "mac_roman"
        elif word == "uc":
            group.fallback = min(10, max(0, number or 0))
        elif word in ("v", "deleted", "super", "sub", "nosupersub", "plain"):
            group.look(word, on=number != 0)
        elif word in ("par", "sect", "page"):
            self._end_paragraph()
        elif word in PAINT:
            group.paint(word, number)
        elif word in ("pard", "s", "outlinelevel", "intbl", "cbpat"):
            flow.set(word, number)
        else:
            self._table_word(flow, word)

    def _define(self, group: Group, word: str, number: int | None) -> None:
        """A part of the tables of fonts and styles."""
        if group.sink == STYLES:
            if word == "s":
                self._style, self._gathered[STYLES] = number or 0, ""
        elif word == "f":
            self._font = number or 0
        elif word == "fcharset" and number in CHARSETS:
            self._charsets[self._font] = CHARSETS[number]

    def _table_word(self, flow: Flow, word: str) -> None:
        if word == "trowd":
            flow.merges, flow.merge, flow.is_head = [], "", False
        elif word == "trhdr":
            flow.is_head = True
        elif word in ("clvmgf", "clvmrg"):
            flow.merge = word
        elif word == "cellx":
            flow.merges.append(flow.merge)
            flow.merge = ""
        elif word == "cell":
            flow.cells.append(f"{flow.label or ''} {''.join(flow.text)}")
            flow.text, flow.label = [], None
        elif word == "row":
            above = flow.rows[-1] if flow.rows else []
            for at, merge in enumerate(flow.merges):
                if merge == "clvmrg" and at < min(len(above), len(flow.cells)):
                    flow.cells[at] = above[at]  # a row must be understood alone
            flow.head_rows += flow.is_head and flow.head_rows == len(flow.rows)
            flow.rows.append(flow.cells)
            flow.cells, flow.text, flow.label, flow.in_table = [], [], None, False

    def _put(self, text: str) -> None:
        group = self._groups[-1]
        if group.sink == STYLES:
            self._gathered[STYLES] += text
            self._names[self._style] = self._gathered[STYLES].partition(";")[0].strip()
        elif group.sink == LABEL:
            self._flows[-1].label = (self._flows[-1].label or "") + text
        elif group.sink in (TITLES, AUTHOR):
            self._gathered[group.sink] += text
            self.title = plain_line(self._gathered.get(TITLES, ""))
        elif group.sink or group.deleted:
            return
        elif group.hidden or group.half_points < TINY_HALF_POINTS or self._is_white(group):
            self._draft.hide(text)
        else:
            before = self._flows[-1].text
            before.append(raised(text, before) if group.place == "raised" else lowered(text) if group.place else text)

    def _is_white(self, group: Group) -> bool:
        """White letters on white paper; cells, boxes and notes may be filled."""
        flow = self._flows[-1]
        is_on_paper = len(self._flows) == 1 and not flow.in_table and not flow.is_shaded and not group.is_marked
        return is_on_paper and group.colour in self._whites

    def _end_paragraph(self) -> None:
        flow = self._flows[-1]
        if len(self._flows) > 1 or flow.in_table:
            flow.text.append("\n")
            return
        text, label = _paired("".join(flow.text)), plain_line(flow.label or "")
        if flow.rows:
            self._end_table()
        if not any(map(str.isalnum, label)):
            label = ""  # a bullet of some font
        heading = _HEADING.match(self._names.get(flow.style, ""))
        level = int(heading[1]) if heading else flow.outline + 1 if flow.outline < 6 else 0
        if self._names.get(flow.style, "").lower() == "title":
            self._draft.add("title", plain_line(text))
        elif level:
            self._draft.add("heading", plain_line(f"{label} {text}"), level=min(6, max(1, level)))
        else:
            self._draft.add("paragraph" if flow.label is None else "list_item", plain_block(f"{label} {text}"))
        flow.text, flow.label = [], None
        self._write_aside()

    def _end_table(self) -> None:
        flow = self._flows[0]
        rows = [[plain_line(_paired(cell)) for cell in row] for row in flow.rows]
        if len(rows) > 1 and max(map(len, rows)) > 1:
            add_grid(self._draft, rows, header_rows=flow.head_rows or None)
        else:
            for text in (cell for row in rows for cell in row):
                self._draft.add("paragraph", text)
        flow.rows, flow.head_rows = [], 0
        self._write_aside()

    def _write_aside(self) -> None:
        for kind, text in self._aside:
            self._draft.add("paragraph" if kind == "box" else "note", text)
        self._aside = []

    def _end_aside(self, kind: str) -> None:
        text = plain_block(_paired("".join(self._flows.pop().text)))
        if kind == "running":
            if sum(map(str.isalpha, text)) > 2:
                self._running.setdefault(text.casefold(), text)
        elif kind == "comment":
            author = plain_line(self._gathered.get(AUTHOR, ""))
            self._aside.append((kind, f"Comment by {author}: {text}" if author else f"Comment: {text}"))
        elif text:
            self._aside.append((kind, text))


def _paired(text: str) -> str:
    """Two halves of a character beyond the first 65,536 as the character."""
    return _PAIRS.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
