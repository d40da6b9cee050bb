"""HTML with lxml: headings, paragraphs, lists, tables, code; without navigation, scripts and hidden text.

Not through `unstructured`: it returned nothing at all for a deeply nested page, keeps text that a browser
hides, and gives no column names with its tables. Walking is iterative, so that depth costs nothing.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from lxml import etree

from documents.ingestion.parsers.base import Draft, Source, plain_block, plain_code, plain_line
from documents.ingestion.parsers.encoding import decode
from documents.ingestion.parsers.html_hiding import Selectors, hiding_selectors, is_hidden
from documents.ingestion.parsers.html_shown import BLOCKS, ItemNumbers, described, formula, index, stands_for
from documents.ingestion.parsers.html_tables import add_table
from documents.ingestion.parsers.trees import html_tree
from documents.ingestion.types import Kind, ParsedDocument

VERSION = "2"
_HEAD_OR_FOOT = frozenset(("header", "footer"))
_AROUND_ROLES = frozenset("navigation search menu menubar".split())
_EDGE_ROLES = frozenset(("banner", "contentinfo"))
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.I)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]+encoding\s*=\s*[\"']([\w-]+)", re.I)
_SILENT_PAIRS = frozenset("script style noscript template head".split())
_DEEP = 200  # tags, below which no page is too deep
_LEAST_MAIN = 100  # letters in <main> that make everything around it the page's frame
_LEAST_KEPT = 200  # letters outside of menus that make a page more than its menus
_MOST_LINKED = 0.5  # of the head or foot of a page: more is a menu


def parse(source: Source) -> ParsedDocument:
    """Read an HTML page."""
    raw = source.path.read_bytes()
    declared = _CHARSET.search(raw[:4096]) or _DECLARED.search(raw[:200])
    text = decode(raw, declared=declared[1].decode("ascii") if declared else "")
    draft = Draft(source.limits)
    title = add_html(draft, text)
    heading = draft.first_heading()
    if heading and title.startswith(heading):
        title = heading  # without the name of the site, which follows
    return draft.finish(title=title or heading, parser="html", version=VERSION)


def add_html(draft: Draft, text: str) -> str:
    """Write an HTML page or fragment into `draft` and return its `<title>`. Raises DamagedFile."""
    root = html_tree(text)
    if root is None:
        return ""
    hidden = hiding_selectors(root)
    before = len(draft.elements)
    mains = root.xpath("//main | //*[@role='main']")
    framed = sum(len("".join(main.itertext()).strip()) for main in mains) >= _LEAST_MAIN
    walk = _Walk(draft, hidden, framed=framed)
    walk.run(root)
    left_out = sum(len("".join(node.itertext()).strip()) for node in walk.around)
    if len(draft.elements) == before or (walk.letters < _LEAST_KEPT and left_out > 2 * walk.letters):
        for node in walk.around:  # a page that is little but its menus
            _Walk(draft, hidden, everything=True).run(node)
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
        self.parts.append("\n" if tag in BLOCKS or tag == "br" else "")

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


class _Walk:
    """One pass over the tree. Text gathers until a block begins or ends, then becomes an element.

    `around` are the menus and frames that were left out, `letters` counts what was written.
    """

    def __init__(self, draft: Draft, hidden: Selectors, *, everything: bool = False, framed: bool = False) -> None:
        self._draft = draft
        self._hidden = hidden
        self._everything = everything
        self._framed = framed  # only what stands in <main>, the head and the foot counts
        self._text: list[str] = []
        self._linked = 0  # letters of the gathered text that are links
        self._links = 0
        self._edges = 0  # open heads and feet of the page
        self._pictures: list[str] = []
        self._described: set[str] = set()
        self._open: list[tuple[Kind, int]] = [("paragraph", 0)]
        self._numbers = ItemNumbers()
        self._number = ""  # of the list item whose first words are still to come
        self._inside_content = 0
        self._skipping = False
        self.around: list[Any] = []
        self.letters = 0

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
                self._leave(node, is_root=node is root)
        self._flush()

    def _enter(self, node: Any) -> bool:
        """Begin an element; True when what is inside has been dealt with."""
        tag = node.tag
        if self._dropped(node, tag) or self._stood_for(node):
            return True
        if tag == "table":
            self._flush()
            if add_table(self._draft, node, self._hidden):
                self.letters += len("".join(node.itertext()))
                return True
        if tag == "br":
            self._text.append("\n")
        if _is_content(node):
            self._inside_content += 1
        self._links += tag == "a"
        self._edges += self._is_edge(node)
        kind = BLOCKS.get(tag)
        if kind:
            self._flush()
            outer = self._open[-1]
            # A paragraph inside a list item or heading is still that.
            inherits = kind == "paragraph" and tag in ("p", "div") and outer[0] in ("list_item", "heading")
            self._open.append(outer if inherits else (kind, int(tag[1]) if kind == "heading" else 0))
        self._number = self._numbers.begin(node) or self._number
        self._add(node.text)
        return False

    def _stood_for(self, node: Any) -> bool:
        """Whether something else is read instead of the element."""
        instead = stands_for(node)
        if instead is None and self._open[-1][0] != "code":
            instead = index(node, self._text)
        if instead is None:
            return False
        if instead.strip() and not self._edges:
            self._text.append(instead)
        said = described(node)
        if said and said not in self._described:
            self._described.add(said)
            self._pictures.append(said)
        return True

    def _leave(self, node: Any, *, is_root: bool) -> None:
        tag = node.tag
        if not self._skipping:
            if tag in BLOCKS:
                self._flush()
                self._open.pop()
            if tag == "li":
                self._number = ""
            if _is_content(node):
                self._inside_content -= 1
            self._numbers.end(node)
            self._links -= tag == "a"
            self._edges -= self._is_edge(node)
        self._skipping = False
        if not is_root:
            self._add(node.tail)

    def _is_edge(self, node: Any) -> bool:
        """Whether the element is the head or foot of the page; those of articles are content."""
        edge = node.tag in _HEAD_OR_FOOT or node.get("role") in _EDGE_ROLES
        return edge and not self._everything and not self._inside_content

    def _dropped(self, node: Any, tag: str) -> bool:
        """Whether a browser shows nothing of the element, or only the page's frame."""
        if is_hidden(node, self._hidden):
            written = formula(node)
            if written:
                self._text.append(f" {written} ")  # shown as a picture of it
            elif "katex-html" not in node.get("class", ""):
                self._draft.hide(" ".join(node.itertext()))
            return True
        if self._everything or self._inside_content:
            return False
        around = tag == "nav" or node.get("role") in _AROUND_ROLES
        if self._framed and not self._edges and not self._is_edge(node) and tag not in ("html", "head", "body"):
            around = around or not _holds_main(node)
        if around and tag not in _SILENT_PAIRS:
            self.around.append(node)
            for heading in node.iter("h1"):
                self._flush()
                self._draft.add("heading", plain_line("".join(heading.itertext())), level=1)
        return around

    def _add(self, text: str | None) -> None:
        if text:
            # Line breaks in the source mean nothing outside <pre>.
            self._text.append(text if self._open[-1][0] == "code" else re.sub(r"\s+", " ", text))
            self._linked += len(text) if self._links else 0

    def _flush(self) -> None:
        text = "".join(self._text)
        is_menu = bool(self._edges) and self._open[-1][0] != "heading" and self._linked > _MOST_LINKED * len(text)
        self._text.clear()
        self._linked = 0
        kind, level = self._open[-1]
        if is_menu:
            text = ""
        if text.strip() and self._number:
            text, self._number = f"{self._number} {text}", ""
        self.letters += len(text.strip())
        if kind == "code":
            self._draft.add("code", plain_code(text))
        elif kind == "heading":
            self._draft.add("heading", plain_line(text), level=level)
        else:
            self._draft.add(kind, plain_block(text))
        for picture in self._pictures if not self._edges else ():
            self._draft.add("caption", picture)
        self._pictures.clear()


def _is_content(node: Any) -> bool:
    return node.tag in ("main", "article") or node.get("role") == "main"


def _holds_main(node: Any) -> bool:
    return bool(node.xpath("boolean(descendant-or-self::main | descendant-or-self::*[@role='main'])"))
