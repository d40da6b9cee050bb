"""Comments on the cells of a workbook, plain and threaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from documents.ingestion.parsers.base import plain_line

COMMENT_PARTS = ("comments", "threadedComment")  # kinds of relations
_THREADED = "tc="  # authors of comments that only repeat a threaded one


def named(parts: Iterable[Any]) -> dict[str, str]:
    """The names of the people who wrote threaded comments, by id."""
    people = (person for part in parts if part is not None for person in part)
    return {person.get("id", ""): person.get("displayName", "") for person in people}


def comments(parts: Iterable[Any], people: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Author, cell and text of each comment."""
    for root in parts:
        if root is None:
            continue
        authors = [author.text or "" for author in root.iterfind("{*}authors/{*}author")]
        for comment in root.iter("{*}comment", "{*}threadedComment"):
            text = "".join(part.text or "" for part in comment.iter("{*}t", "{*}text") if part.text)
            number = comment.get("authorId", "")
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            author = people.get(comment.get("personId", ""), author)
            if text.strip() and not author.startswith(_THREADED):
                yield plain_line(author), comment.get("ref", ""), text.strip().removeprefix(f"{author}:").strip()
