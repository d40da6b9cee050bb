"""Writes laid-out pages into a draft: kinds of blocks, hyphens at line ends, table rows, places of words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from documents.ingestion.parsers.base import Draft, PlacedLine, Token, plain_line
from documents.ingestion.parsers.layout import SENTENCE_END
from documents.ingestion.parsers.printed import LEADER, Block, Frame, Paragraph, Printed, Segment, Table
from documents.ingestion.types import Box, Kind

SOFT_BREAK = "\x02"  # how PDFium marks a hyphen at the end of a line
_CAPTION = re.compile(r"^(?:figure|fig\.|table|abbildung|tabelle|tableau|figura)\s*\d", re.IGNORECASE)
_NO_LETTER = re.compile(r"[\W_]+")
_SCRIPT_WITHOUT_BLANKS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")


@dataclass(slots=True, kw_only=True)
class LaidOut:
    """A page ready to be written. Sizes in points."""

    width: float
    height: float
    blocks: list[Block] = field(default_factory=list)
    turned: dict[int, list[Block]] = field(default_factory=dict)  # by turn, see `printed.Frame`
    hidden: str = ""  # words that are not shown
    comments: list[str] = field(default_factory=list)

    def parts(self) -> Iterator[tuple[Frame, list[Block]]]:
        """Upright blocks, then turned ones, each with the frame they are laid out in."""
        yield Frame(self.width, self.height), self.blocks
        for turn, blocks in sorted(self.turned.items()):
            yield Frame(self.width, self.height, turn), blocks


def compose(draft: Draft, pages: Sequence[LaidOut], bookmarks: Mapping[tuple[int, str], int]) -> None:
    """Write all pages, which are empty afterwards. `bookmarks`: what `fold_bookmarks` made."""
    body = _body_size(pages)
    levels = _levels(pages, body)
    vocabulary = _hyphenated(pages)
    titled = False
    for page in pages:
        number = draft.start_page(width=page.width, height=page.height)
        draft.hide(page.hidden)
        for frame, blocks in page.parts():
            for block in _joined(blocks):
                if isinstance(block, Table):
                    _add_table(draft, block, frame, vocabulary)
                    continue
                kind, level = _kind(block, body, levels, bookmarks, number)
                if kind == "heading" and level == 1 and not titled and number == 1:
                    kind, level, titled = "title", 0, True
                lines = _placed(block.lines, frame, vocabulary, code=kind == "code")
                draft.add_lines(kind, lines, level=level)
        for comment in page.comments:
            draft.add("note", comment)
        # Its words are in the draft now; of a long document both would not fit.
        page.blocks, page.turned = [], {}


def _body_size(pages: Sequence[LaidOut]) -> float:
    """The size most characters are printed in."""
    sizes: Counter[float] = Counter()
    for line in _lines(pages):
        sizes[round(line.size * 2) / 2] += sum(len(word.text) for word in line.words)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _all_paragraphs(pages: Sequence[LaidOut]) -> Iterator[Paragraph]:
    for page in pages:
        for _, blocks in page.parts():
            yield from (block for block in blocks if isinstance(block, Paragraph))


def _lines(pages: Sequence[LaidOut]) -> list[Segment]:
    return [line for paragraph in _all_paragraphs(pages) for line in paragraph.lines]


def _levels(pages: Sequence[LaidOut], body: float) -> dict[float, int]:
    """Heading sizes, largest first, as levels 1 to 6."""
    sizes = {_rounded(block.lines[0].size) for block in _all_paragraphs(pages) if _looks_like_heading(block, body)}
    return {size: min(6, rank) for rank, size in enumerate(sorted(sizes, reverse=True), 1)}


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _looks_like_heading(block: Paragraph, body: float, *, large: float = 1.12) -> bool:
    text = block.text
    size = block.lines[0].size
    if len(block.lines) > 3 or len(text) > 160 or not any(ch.isalpha() for ch in text):
        return False
    if LEADER in text:
        return False
    if size >= large * body:
        return not (text.endswith(".") and len(text.split()) > 8)
    bold = all(line.bold for line in block.lines) and size >= 0.95 * body
    return bold and len(text.split()) <= 14 and not text.endswith((".", ",", ";"))


def _kind(
    block: Paragraph,
    body: float,
    levels: Mapping[float, int],
    bookmarks: Mapping[tuple[int, str], int],
    page: int,
) -> tuple[Kind, int]:
    text = plain_line(block.text.replace(SOFT_BREAK, "-"))
    level = bookmarks.get((page, _folded(text))) if bookmarks else None
    if level is not None:
        return "heading", min(6, level)
    if all(line.mono for line in block.lines) and sum(len(line.words) for line in block.lines) > 1:
        return "code", 0
    if len(text) < 400 and _CAPTION.match(text):
        return "caption", 0
    # A document with bookmarks names its headings there; what else is large had better be very large.
    if _looks_like_heading(block, body, large=1.3 if bookmarks else 1.12):
        return "heading", levels.get(_rounded(block.lines[0].size), 6)
    if block.bulleted:
        return "list_item", 0
    if block.lines[0].size < 0.86 * body and text[:1].isdigit():
        return "note", 0
    return "paragraph", 0


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """Blocks with the halves of a paragraph put together that a column break tore apart."""
    joined: list[Block] = []
    for block in blocks:
        above = joined[-1] if joined else None
        if (
            isinstance(block, Paragraph)
            and isinstance(above, Paragraph)
            and not block.bulleted
            and block.text[:1].islower()
            and not above.text.endswith(SENTENCE_END)
            and abs(above.lines[-1].size - block.lines[0].size) < 0.5
            and above.lines[-1].bold == block.lines[0].bold
        ):
            joined[-1] = Paragraph([*above.lines, *block.lines], above.bulleted)
        else:
            joined.append(block)
    return joined


def _hyphenated(pages: Sequence[LaidOut]) -> set[str]:
    """Words that the document writes with a hyphen in mid-line: those keep it at a line's end, too."""
    return {
        word.text.strip(".,;:()").lower() for line in _lines(pages) for word in line.words if "-" in word.text[1:-1]
    }


def _placed(
    lines: Sequence[Segment], frame: Frame, vocabulary: set[str], *, first: str = "", code: bool = False
) -> list[PlacedLine]:
    """Lines with the hyphens at their ends undone and what joins each to the line above."""
    placed: list[PlacedLine] = []
    before = first
    for number, line in enumerate(lines):
        words = list(line.words)
        after = "\n" if code else " "
        if number + 1 < len(lines) and not code:
            words[-1], after = _line_end(words[-1], lines[number + 1].words[0], vocabulary)
        placed.append(PlacedLine(before=before, tokens=_tokens(line, words, frame), box=_box(line, frame)))
        before = after
    return placed


def _line_end(last: Printed, following: Printed, vocabulary: set[str]) -> tuple[Printed, str]:
    """The last word of a line and what stands between it and the next line."""
    text, next_text = last.text, following.text
    if text.endswith((SOFT_BREAK, "-", "\u00ad", "‐")) and len(text) > 1:
        stem = text[:-1]
        whole = f"{stem}-{next_text}".strip(".,;:()").lower()
        if len(stem) > 1 and next_text[:1].islower() and stem[-1].isalpha() and whole not in vocabulary:
            return last._replace(text=stem), ""
        if stem[-1].isalnum():
            return last._replace(text=f"{stem}-"), ""
    if _SCRIPT_WITHOUT_BLANKS.match(text[-1]) and _SCRIPT_WITHOUT_BLANKS.match(next_text[0]):
        return last, ""
    return last, " "


def _tokens(line: Segment, words: Sequence[Printed], frame: Frame) -> list[Token]:
    width = frame.width
    if frame.turn:
        # Words of a line that does not run from left to right are marked with the whole of it.
        whole = _box(line, frame)
        words = [word._replace(x0=whole.x0 * width, x1=whole.x1 * width) for word in words]
    tokens = []
    for text, x0, _, x1, _, _, _, _, glued in words:
        if not (text.isascii() and text.isprintable()):
            text = plain_line(text.replace(SOFT_BREAK, "-"))
        if text:
            if x0 >= 0.0 and x1 <= width and width:
                tokens.append(Token(text, round(x0 / width, 4), round(x1 / width, 4), glued))
            else:
                tokens.append(Token(text, round(_share(x0, width), 4), round(_share(x1, width), 4), glued))
    return tokens


def _box(line: Segment, frame: Frame) -> Box:
    x0, y0, x1, y1 = frame.to_page(line.x0, line.y0, line.x1, line.y1)
    return Box(
        x0=_share(x0, frame.width),
        y0=_share(y0, frame.height),
        x1=_share(x1, frame.width),
        y1=_share(y1, frame.height),
    )


def _share(at: float, whole: float) -> float:
    return min(1.0, max(0.0, at / whole)) if whole else 0.0


def _add_table(draft: Draft, table: Table, frame: Frame, vocabulary: set[str]) -> None:
    names = [_cell_text(cell) for cell in table.rows[0]] if table.header else []
    lines: list[PlacedLine] = []
    for row in table.rows[1:] if table.header else table.rows:
        between = "\n" if lines else ""
        for column, cell in enumerate(row):
            if not any(line.words for line in cell):
                continue
            label = f"{names[column]}: " if column < len(names) and names[column] else ""
            lines += _placed(cell, frame, vocabulary, first=between + label)
            between = " | "
    draft.add_lines("table", lines, header=names)


def _cell_text(cell: Sequence[Segment]) -> str:
    words = [word.text.replace(SOFT_BREAK, "-") for line in cell for word in line.words]
    return plain_line(" ".join(words))


def fold_bookmarks(entries: Sequence[tuple[int, str, int]]) -> dict[tuple[int, str], int]:
    """Bookmarks (page, title, level) as `compose` wants them; the highest level wins."""
    key = sorted((page, _folded(title), level) for page, title, level in entries)
    return {(page, title): next(group)[2] for (page, title), group in groupby(key, key=lambda e: (e[0], e[1]))}


def _folded(title: str) -> str:
    """A title without what bookmarks and pages write differently: case, blanks, dots after numbers."""
    return _NO_LETTER.sub("", plain_line(title).casefold())
