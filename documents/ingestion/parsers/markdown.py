"""Markdown through markdown-it: headings, paragraphs, lists, tables and code, each as it is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.html import add_html
from documents.ingestion.types import Kind, ParsedDocument

if TYPE_CHECKING:
    from markdown_it.token import Token

VERSION = "3"
_FRONT_MATTER = re.compile(r"\A(?:---[ \t]*\n(.*?)\n(?:---|\.\.\.)|\+\+\+[ \t]*\n(.*?)\n\+\+\+)[ \t]*(?:\n|\Z)", re.S)
_FRONT_TITLE = re.compile(r"^title(?::|[ \t]*=)[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.M | re.I)
_FRONT_FIELD = re.compile(
    r"^(authors?|date|updated|last_?mod(?:ified)?|description|summary|subtitle|tags|keywords|categor(?:y|ies)|version|"
    r"status|owner|department|audience|effective|valid_\w+)(?::|[ \t]*=)[ \t]*[\"']?(\S.*?)[\"']?[ \t]*$",
    re.M | re.I,
)
_NOTE = re.compile(r"^(?=\[\^[^\]\n]+\]:)", re.M)  # or its text would count as the target of a link
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")


def parse(source: Source) -> ParsedDocument:
    """Read a Markdown file."""
    draft = Draft(source.limits)
    title = add_markdown(draft, decode(source.path.read_bytes()))
    return draft.finish(title=title or draft.first_heading(), parser="markdown", version=VERSION)


def add_markdown(draft: Draft, text: str) -> str:
    """Write a Markdown text into `draft` and return the title its front matter names, or ""."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    title = ""
    front = _FRONT_MATTER.match(text)
    if front:
        said = front[1] or front[2] or ""
        named = _FRONT_TITLE.search(said)
        title = named[1] if named else ""
        fields = (f"{name}: {value.strip('[]')}" for name, value in _FRONT_FIELD.findall(said))
        draft.add("paragraph", plain_block("\n".join(fields)))
        text = text[front.end() :]
    parser = MarkdownIt("commonmark", {"maxNesting": 50}).enable(["table", "strikethrough"])
    tokens = parser.parse(_NOTE.sub(r"\\", text))
    at = 0
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    while at < len(tokens):
        at = _block(draft, tokens, at, lists)
    return title


def _block(draft: Draft, tokens: Sequence[Token], at: int, lists: list[int | None]) -> int:
    """Write the block at `at` and return where the next begins."""
    token = tokens[at]
    if token.type == "table_open":
        return _table(draft, tokens, at)
    if token.type in ("fence", "code_block"):
        draft.add("code", plain_code(token.content))
    elif token.type == "html_block":
        _html(draft, token.content)
    elif token.type == "ordered_list_open":
        lists.append(int(token.attrs.get("start", 1) or 1))
    elif token.type == "bullet_list_open":
        lists.append(None)
    elif token.type in ("ordered_list_close", "bullet_list_close"):
        lists.pop()
    elif token.type == "inline":
        _inline_block(draft, tokens, at, lists)
    return at + 1


def _inline_block(draft: Draft, tokens: Sequence[Token], at: int, lists: list[int | None]) -> None:
    text = plain_block(_inline(draft, tokens[at]))
    opened = tokens[at - 1]
    if opened.type == "heading_open":
        draft.add("heading", plain_line(text), level=int(opened.tag[1]))
        return
    kind: Kind = "list_item" if lists else "paragraph"
    if lists and at > 1 and tokens[at - 2].type == "list_item_open":
        number = lists[-1]
        if number is not None:
            text = f"{number}. {text}"
            lists[-1] = number + 1
    draft.add(kind, text)


def _inline(draft: Draft, token: Token) -> str:
    """Text as it is read: link targets, emphasis and HTML tags left out."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "text_special"):
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "image":
            parts.append(child.content)
        elif child.type == "html_inline":
            if child.content.startswith("<!--"):
                draft.hide(child.content[4:-3])
            elif child.content.lower().startswith("<br"):
                parts.append("\n")
    return "".join(parts)


def _html(draft: Draft, text: str) -> None:
    """A block of HTML inside Markdown."""
    if _COMMENT.search(text):
        for found in _COMMENT.findall(text):
            draft.hide(found[4:-3])
        text = _COMMENT.sub("", text)
    if _TAG.sub("", text).strip():
        add_html(draft, text)


def _table(draft: Draft, tokens: Sequence[Token], at: int) -> int:
    rows: list[list[str]] = []
    while tokens[at].type != "table_close":
        if tokens[at].type == "tr_open":
            rows.append([])
        elif tokens[at].type == "inline":
            rows[-1].append(plain_line(_inline(draft, tokens[at])))
        at += 1
    draft.add_table(rows[0], rows[1:])
    return at + 1
