"""What every parser is given and what it builds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from documents.ingestion.errors import NoText, TooLarge
from documents.ingestion.parsers.signs import TRANSLATION
from documents.ingestion.types import Attachment, Box, Element, Hidden, Kind, Limits, Line, Page, ParsedDocument
from documents.ingestion.unseen import bits_as_tags
from documents.ingestion.words import Words

_HIDDEN_SHOWN = 2000
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours and the like in records of programs
_SPACES = re.compile(r"[^\S\n]+")
_AROUND_BREAK = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to read. `deadline` is a time of `time.monotonic()` after which optional work stops."""

    path: Path
    filename: str
    media_type: str
    limits: Limits
    deadline: float

    @property
    def stem(self) -> str:
        """The file's name without its last suffix: a title when nothing better is found."""
        return plain_line(Path(self.filename).stem) or "Untitled"


class Parser(Protocol):
    """Reads one kind of file. Raises `IngestionError` for a file it cannot read."""

    def __call__(self, source: Source) -> ParsedDocument: ...


class Token(NamedTuple):
    """A printed word: its left and right edge as fractions of the page's width, in four decimals.

    `glued` when no space stands before it, as between characters of Chinese.
    """

    text: str
    x0: float
    x1: float
    glued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    """A printed line as a parser hands it in. `before` joins it to the line above: " ", "", "\n" ..."""

    before: str
    tokens: Sequence[Token]
    box: Box


def plain(text: str) -> str:
    """NFC without control and invisible characters; ligatures opened, tabs to spaces. Keeps line breaks.

    Text that is spelled in invisible characters stays, in tags: cleaning takes it out and reports it.
    """
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text:
        text = _TERMINAL.sub("", text)
    text = bits_as_tags(text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text.translate(TRANSLATION))


def plain_code(text: str) -> str:
    """Like `plain`, with tabs as four spaces and trailing blanks removed."""
    return "\n".join(line.rstrip() for line in plain(text.replace("\t", "    ")).split("\n")).strip("\n")


def plain_block(text: str) -> str:
    """Like `plain`, with runs of blanks made one and blanks around line breaks removed."""
    text = _AROUND_BREAK.sub("\n", _SPACES.sub(" ", plain(text)))
    return _BLANK_LINES.sub("\n\n", text).strip()


def plain_line(text: str) -> str:
    """`plain` on one line: every run of white space becomes one blank."""
    return " ".join(plain(text).split())


def page_numbers(pages: Iterable[int]) -> str:
    """Page numbers as people write them: "1-3, 7"."""
    runs: list[list[int]] = []
    for number in pages:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def table_row(header: Sequence[str], cells: Sequence[str]) -> str:
    """A row that can be understood alone: "Column: value | Column: value", empty cells left out."""
    parts = []
    for number, cell in enumerate(cells):
        value = plain_line(cell)
        name = header[number] if number < len(header) else ""
        if value:
            parts.append(f"{name}: {value}" if name and name != value else value)
    return " | ".join(parts)


@dataclass(slots=True)
class Draft:
    """A document being read. Text only grows, so the spans given out stay right."""

    limits: Limits
    warnings: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    recognised_pages: list[int] = field(default_factory=list)
    unread_pages: list[int] = field(default_factory=list)
    _hidden: dict[int | None, list[str]] = field(default_factory=dict)
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _lines: list[Line] = field(default_factory=list)

    def start_page(self, *, width: float = 0.0, height: float = 0.0, label: str = "") -> int:
        """Begin the next page, slide or sheet and return its number. Raises TooLarge past the limit."""
        if len(self.pages) >= self.limits.pages:
            raise TooLarge(f"The file has more than {self.limits.pages} pages.")
        self._close_page()
        number, at = len(self.pages) + 1, self._length
        self.pages.append(Page(number=number, start=at, end=at, width=width, height=height, label=label))
        return number

    def drop_page(self) -> None:
        """Take the page back that was begun last, as long as nothing stands on it."""
        if self.pages and not self.has_text_on_page():
            self.pages.pop()

    def has_text_on_page(self) -> bool:
        """Whether anything was written on the page begun last."""
        return bool(self.elements) and bool(self.pages) and self.elements[-1].page == self.pages[-1].number

    def add(self, kind: Kind, text: str, *, level: int = 0, header: Iterable[str] = ()) -> None:
        """Append an element whose text is already `plain`. Blank text is left out."""
        if not text.strip():
            return
        start = self._open_element()
        self._write(text)
        self._close_element(kind, start, level, header)

    def add_table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Append a table, one line per row (see `Element`)."""
        names = tuple(plain_line(name).rstrip(":") for name in header)
        lines = [line for row in rows if (line := table_row(names, row))]
        if not lines and any(names):
            lines, names = [" | ".join(name for name in names if name)], ()
        self.add("table", "\n".join(lines), header=names if any(names) else ())

    def add_lines(self, kind: Kind, lines: Sequence[PlacedLine], *, level: int = 0, header: Iterable[str] = ()) -> None:
        """Append an element printed on `lines`; the first line's `before` is written too, so "" as a rule."""
        if not any(line.tokens for line in lines):
            return
        start = self._open_element()
        for line in lines:
            at = self._length + len(line.before)
            parts = [line.before]
            begin = at
            numbers: list[float] = []
            for text, x0, x1, glued in line.tokens:
                if numbers and not glued:
                    parts.append(" ")
                    at += 1
                parts.append(text)
                end = at + len(text)
                numbers += (at, end, x0, x1)
                at = end
            self._write("".join(parts))
            if numbers:
                self._lines.append(Line(start=begin, end=at, box=line.box, words=Words.of(numbers)))
        self._close_element(kind, start, level, header)

    def warn(self, sentence: str) -> None:
        """Note something the administrator should know, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def leave_unread(self, pages: Iterable[int], because: str) -> None:
        """Name the pages that show something in pictures which were not read."""
        self.unread_pages = list(pages)
        if self.unread_pages:
            self.warn(f"Pages whose pictures were not read, because {because}: {page_numbers(self.unread_pages)}.")

    def hide(self, text: str) -> None:
        """Note text that the file holds on the present page and does not show."""
        words = plain_line(text).split()
        if words:
            self._hidden.setdefault(self.pages[-1].number if self.pages else None, []).extend(words)

    def finish(self, *, title: str, parser: str, version: str) -> ParsedDocument:
        """The document. Raises NoText when nothing was read."""
        self._close_page()
        text = "".join(self._parts)
        if not text.strip() and not self.attachments:
            raise NoText
        self._tell_hidden()
        return ParsedDocument(
            text=text,
            elements=tuple(self.elements),
            pages=tuple(self.pages),
            title=plain_line(title)[:300],
            language="",
            parser=parser,
            parser_version=version,
            warnings=tuple(self.warnings),
            attachments=tuple(self.attachments),
            hidden=tuple(
                Hidden(page=page, words=len(words), text=" ".join(words)[:_HIDDEN_SHOWN])
                for page, words in self._hidden.items()
            ),
            recognised_pages=tuple(self.recognised_pages),
            unread_pages=tuple(self.unread_pages),
        )

    def _tell_hidden(self) -> None:
        if not self._hidden:
            return
        count = sum(map(len, self._hidden.values()))
        pages = sorted(page for page in self._hidden if page is not None)
        where = f", on {'page' if len(pages) == 1 else 'pages'} {page_numbers(pages)}" if pages else ""
        self.warn(f"Hidden text was left out: {count} {'word' if count == 1 else 'words'}{where}.")

    def first_heading(self) -> str:
        """The text of the first title or heading, or ""."""
        for element in self.elements:
            if element.kind in ("title", "heading"):
                return " ".join("".join(self._parts)[element.start : element.end].split())
        return ""

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > self.limits.characters:
            raise TooLarge("The file holds more text than this site reads.")

    def _open_element(self) -> int:
        if self._length:
            self._write("\n\n")
        if self.pages and self.pages[-1].end == self.pages[-1].start:
            self.pages[-1] = replace(self.pages[-1], start=self._length, end=self._length)
        return self._length

    def _close_element(self, kind: Kind, start: int, level: int, header: Iterable[str]) -> None:
        if len(self.elements) >= self.limits.elements:
            raise TooLarge("The file has more headings, paragraphs and tables than this site reads.")
        page = self.pages[-1].number if self.pages else None
        if self.pages:
            self.pages[-1] = replace(self.pages[-1], end=self._length)
        self.elements.append(
            Element(kind=kind, start=start, end=self._length, page=page, level=level, header=tuple(header))
        )

    def _close_page(self) -> None:
        if self.pages and self._lines:
            self.pages[-1] = replace(self.pages[-1], lines=tuple(self._lines))
            self._lines = []
