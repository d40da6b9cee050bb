"""The fourth stage: text is cut into passages along its structure.

A passage is a run of whole elements of one section, or of several short ones. Tables stay whole, or are cut between
rows; long paragraphs are cut between sentences. No two passages overlap, and together they hold every character that
is not white space: neighbours are joined again when they are found. What is not in the passage itself but says where
it stands, the title and the headings above it, becomes its context.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from documents.ingestion.subject import subject
from documents.ingestion.types import Element, ParsedDocument, Passage
from ragapp.llm import embedding

# Tokens of the embedding model, context included; a section shorter than FEWEST is joined with the next one.
TARGET, FEWEST, CONTEXT = 200, 60, 48
# Of the context, what may be spent on saying which document it is beside its title (`subject`).
SUBJECT = 24
# Part of an index version: other passages need a new one.
CHUNKER: dict[str, Any] = {
    "name": "structure-2", "target": TARGET, "fewest": FEWEST, "context": CONTEXT, "subject": SUBJECT,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """How long passages become, in word pieces of the embedder that is to read them."""

    target: int = TARGET
    fewest: int = FEWEST
    context: int = CONTEXT
    subject: int = SUBJECT
    embedder: embedding.Embedder = embedding.PACKAGED

    @property
    def limit(self) -> int:
        """The longest passage, context included. Loads the embedder."""
        return min(self.target, embedding.model_card(self.embedder).max_tokens)

    def spans(self, text: str) -> list[tuple[int, int]]:
        return embedding.token_spans(text, self.embedder)

    def count(self, text: str) -> int:
        return len(self.spans(text))


SHIPPED = Cutting()


def cutting_from(chunker: Mapping[str, Any], embedder: embedding.Embedder) -> Cutting:
    """What an index version says about its passages; a setting that it does not name keeps its default.

    Index versions from before subjects have none: their passages go on alike.
    """
    sizes = {name: int(chunker[name]) for name in ("target", "fewest", "context") if name in chunker}
    return Cutting(**sizes, subject=int(chunker.get("subject", 0)), embedder=embedder)


# A long element is looked at this much at a time: a list of its word pieces takes a hundred times its size.
_AT_ONCE_CHARS = 20_000
# A heading is no longer, whatever it counts; and nor is what counts as one word piece, since a word that is not known
# is one piece of any length.
_HEADING_MAX_CHARS, _PIECE_MAX_CHARS = 1000, 25
_SENTENCE_END = re.compile(r"""[.!?…]["'”’»)\]]*\s+(?=["'“‘«(\[]?[^\W_a-zß-öø-ÿ])|[。！？]["'」』）]*|\n+""")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Unit:
    """The characters [start, end) that are not cut; `path` are the headings above."""

    start: int
    end: int
    tokens: int
    page: int | None
    path: tuple[str, ...]
    heading: str = ""
    level: int = 0


def chunk(document: ParsedDocument, *, title: str, filename: str = "", cutting: Cutting = SHIPPED) -> list[Passage]:
    """The passages of `document` in reading order; `title` stands first in each one's context.

    After it comes what the file's name, the cover and the running headers add to it. text[start:end] of the document
    is exactly `Passage.text`.
    """
    limit = cutting.limit
    about = _cut(subject(document, title=title, filename=filename), cutting.subject, cutting)
    units = list(_units(document, limit, cutting))
    passages: list[Passage] = []
    for section in _sections(units, cutting.fewest):
        for run in _runs(section, limit, (title, about), cutting):
            passages.append(_passage(document, run, (title, about), cutting, ordinal=len(passages)))
    return passages


def _units(document: ParsedDocument, limit: int, cutting: Cutting) -> Iterator[_Unit]:
    """What is not cut, in order, with the headings above it; text outside every element too."""
    above: list[tuple[int, str]] = []
    for element in _with_gaps(document):
        text = document.text[element.start : element.end]
        # What is longer than a whole context is text that was only set like a heading.
        is_heading = (
            element.kind in ("title", "heading")
            and len(text) <= _HEADING_MAX_CHARS
            and cutting.count(text) <= cutting.context
        )
        if is_heading:
            level = element.level if element.kind == "heading" else 0
            above = [entry for entry in above if entry[0] < level]
        path = tuple(heading for _, heading in above)
        heading = _SPACE.sub(" ", text).strip() if is_heading else ""
        for start, end, tokens in _pieces(text, element.kind, limit - cutting.context, cutting):
            yield _Unit(
                element.start + start,
                element.start + end,
                tokens,
                element.page,
                path,
                heading,
                element.level if is_heading else 0,
            )
        if is_heading:
            above.append((level, heading))


def _with_gaps(document: ParsedDocument) -> Iterator[Element]:
    """The elements in order, and a paragraph for any text between them."""
    at, page = 0, None
    for element in sorted(document.elements, key=lambda element: element.start):
        if document.text[at : element.start].strip():
            yield Element(kind="paragraph", start=at, end=element.start, page=page)
        yield element
        at, page = element.end, element.page
    if document.text[at:].strip():
        yield Element(kind="paragraph", start=at, end=len(document.text), page=page)


def _pieces(text: str, kind: str, most: int, cutting: Cutting) -> Iterator[tuple[int, int, int]]:
    """[start, end) of the pieces of an element of at most `most` tokens, and the tokens of each."""
    for at, until in _blocks(text, kind):
        block = text[at:until]
        for start, end, tokens in _pieces_of_block(block, kind, cutting.spans(block), most):
            long_most = most * _PIECE_MAX_CHARS
            for begin in range(start, end, long_most):
                stop = min(end, begin + long_most)
                yield at + begin, at + stop, max(1, tokens * (stop - begin) // (end - start), _counted(stop - begin))


def _counted(characters: int) -> int:
    """How many tokens so many characters count at least."""
    return -(-characters // _PIECE_MAX_CHARS)


def _blocks(text: str, kind: str) -> Iterator[tuple[int, int]]:
    """[start, end) of what is looked at at a time: all of it, or parts cut where a passage may end."""
    at = 0
    while len(text) - at > _AT_ONCE_CHARS:
        window = text[at : at + _AT_ONCE_CHARS]
        until = max(_cuts(window, kind), default=0) or window.rfind(" ") + 1 or len(window)
        yield at, at + until
        at += until
    yield at, len(text)


def _pieces_of_block(
    text: str, kind: str, spans: Sequence[tuple[int, int]], most: int
) -> Iterator[tuple[int, int, int]]:
    """The same for a text whose tokens are known."""
    starts = [start for start, _ in spans]
    cuts = [0]
    if len(spans) > most:
        cuts = [0, *_cuts(text, kind)]
    for at, until in zip(cuts, [*cuts[1:], len(text)], strict=True):
        first, last = bisect_left(starts, at), bisect_left(starts, until)
        while last - first > most:
            # Not even a sentence fits: cut before a word that begins with a piece of its own, if there is one.
            stop = first + most
            while stop > first + most // 2 and not text[starts[stop] - 1].isspace():
                stop -= 1
            stop = stop if stop > first + most // 2 else first + most
            yield from _trimmed(text, at, starts[stop], stop - first)
            at, first = starts[stop], stop
        yield from _trimmed(text, at, until, last - first)


def _cuts(text: str, kind: str) -> list[int]:
    """Where an element that is too long may be cut: between rows or lines, else between sentences."""
    if kind in ("table", "code"):
        return [match.end() for match in re.finditer(r"\n", text) if match.end() < len(text)]
    return [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]


def _trimmed(text: str, start: int, end: int, tokens: int) -> Iterator[tuple[int, int, int]]:
    """The span without white space around it; nothing when only that is left."""
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()), tokens


def _sections(units: Iterable[_Unit], fewest: int) -> Iterator[list[_Unit]]:
    """Runs of units that may share a passage: a heading starts a new one, unless the one before is short."""
    section: list[_Unit] = []
    tokens = level = 0
    has_body = False
    for unit in units:
        opens = bool(unit.heading) and has_body and (not section[-1].heading)
        if opens and (tokens >= fewest or unit.level < level):
            yield section
            section, tokens, has_body = [], 0, False
        if not section:
            level = unit.level if unit.heading else len(unit.path)
        section.append(unit)
        tokens += unit.tokens
        has_body = has_body or not unit.heading
    if section:
        yield section


def _runs(section: Sequence[_Unit], limit: int, names: tuple[str, str], cutting: Cutting) -> Iterator[list[_Unit]]:
    """The section in runs of about equal length that fit the limit with their context."""
    deepest = max((unit.path for unit in section), key=len)
    context = min(cutting.context, cutting.count(_context_line(names, deepest, cutting)))
    room = limit - context
    left = sum(unit.tokens for unit in section)
    run: list[_Unit] = []
    tokens = 0
    for unit in section:
        aim = left / max(1, -(-left // room))
        overfull = tokens + unit.tokens > room
        # Rather stop a little before the aim than far behind it.
        enough = tokens + unit.tokens / 2 >= aim
        has_body = any(not part.heading for part in run)
        if run and (overfull or (enough and has_body)):
            # A heading goes with what it stands above.
            carried: list[_Unit] = []
            while has_body and run[-1].heading:
                carried.insert(0, run.pop())
            yield run
            left -= sum(part.tokens for part in run)
            run, tokens = carried, sum(part.tokens for part in carried)
        run.append(unit)
        tokens += unit.tokens
    if run:
        yield run


def _passage(
    document: ParsedDocument, run: Sequence[_Unit], names: tuple[str, str], cutting: Cutting, *, ordinal: int
) -> Passage:
    start, end = run[0].start, run[-1].end
    text = document.text[start:end]
    path = _common([(*unit.path, unit.heading) if unit.heading else unit.path for unit in run])
    above = _common([unit.path for unit in run])
    inside = {unit.heading for unit in run if unit.heading}
    title, about = names
    context = _context_line(("" if title in inside else title, about), above, cutting)
    return Passage(
        ordinal=ordinal,
        start=start,
        end=end,
        page=run[0].page,
        heading_path=" › ".join(path)[:600],
        context=context,
        text=text,
        tokens=sum(unit.tokens for unit in run),
        content_hash=sha256(f"{context}\n{text}".encode()).hexdigest(),
    )


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shortest = min(paths, key=len)
    for at, heading in enumerate(shortest):
        if any(path[at] != heading for path in paths):
            return shortest[:at]
    return shortest


def _context_line(names: tuple[str, str], path: Sequence[str], cutting: Cutting) -> str:
    """Names and headings on one line, of at most `cutting.context` tokens: the names and the nearest headings stay."""
    first = [name for name in names if name]
    parts = [*first, *(part for part in dict.fromkeys(path) if part and part not in first)]
    while len(parts) > len(first) + 1 and cutting.count(" › ".join(parts)) > cutting.context:
        parts.pop(len(first))
    return _cut(" › ".join(parts), cutting.context, cutting)


def _cut(text: str, most: int, cutting: Cutting) -> str:
    """The beginning of `text`, of at most `most` tokens."""
    spans = cutting.spans(text)
    if len(spans) <= most:
        return text
    return text[: spans[most - 1][1]] if most else ""
