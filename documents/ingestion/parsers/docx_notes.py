"""Footnotes, endnotes and comments of a DOCX file, each given out where the text refers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from documents.ingestion.parsers.base import plain_line
from documents.ingestion.parsers.ooxml import W

_REFERENCES = {W + f"{kind}Reference": kind for kind in ("footnote", "endnote", "comment")}


class Notes:
    """All notes of a document. Each is given out once."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], str] = {}

    def add(self, kind: str, root: Any, text_of: Callable[[Any], str]) -> None:
        """Take the notes of one part: `kind` is "footnote", "endnote" or "comment"."""
        for note in root.iter(W + kind) if root is not None else ():
            text = text_of(note)
            if text and note.get(W + "type") is None:
                author = plain_line(note.get(W + "author", ""))
                before = f"Comment by {author}: " if author else "Comment: "
                self._texts[kind, note.get(W + "id", "")] = (before if kind == "comment" else "") + text

    def at(self, paragraph: Any) -> Iterator[str]:
        """The notes that a paragraph refers to, in order."""
        for node in paragraph.iter(*_REFERENCES):
            text = self._texts.pop((_REFERENCES[node.tag], node.get(W + "id", "")), "")
            if text:
                yield text

    def left(self) -> Iterator[str]:
        """Notes that no paragraph referred to, such as those in tables."""
        yield from self._texts.values()
        self._texts.clear()
