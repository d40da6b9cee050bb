"""The parts of an OpenDocument file: its XML, its styles, and the words of a paragraph."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile, TooLarge
from documents.ingestion.parsers import ooxml
from documents.ingestion.parsers.base import plain_line
from documents.ingestion.types import Kind

_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:"
OFFICE = _NAMES + "office:1.0}"
TEXT = _NAMES + "text:1.0}"
TABLE = _NAMES + "table:1.0}"
DRAW = _NAMES + "drawing:1.0}"
STYLE = _NAMES + "style:1.0}"
PRESENTATION = _NAMES + "presentation:1.0}"
SVG = _NAMES + "svg-compatible:1.0}"
FO = _NAMES + "xsl-fo-compatible:1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DEPTH = 20  # of styles based on styles
_MOST_REPEATED = 100
_HEADING = re.compile(r"^Heading(?:_20_| )?(\d{1,2})$")
_CAPTIONS = ("Caption", "Illustration", "Table", "Text", "Drawing", "Figure")
_CODE_WORDS = ("code", "preformatted", "source", "listing")
_LEFT_OUT = frozenset((TEXT + "ruby-text", TEXT + "tracked-changes", OFFICE + "annotation-end"))
_SPACES = re.compile(r"\s+")
_SMALL = re.compile(r"^(?:0|1)(?:\.\d+)?pt$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a paragraph counts."""

    kind: Kind
    level: int = 0


class Styles:
    """The styles of a file, those of its text and those of its pages."""

    def __init__(self, *roots: Any) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        for root in roots:
            for style in root.iter(STYLE + "style") if root is not None else ():
                self._styles[style.get(STYLE + "family", ""), style.get(STYLE + "name", "")] = style

    def look(self, node: Any) -> Look:
        """How a paragraph or heading counts, by its element and its style."""
        if node.tag == TEXT + "h":
            level = count(node, TEXT + "outline-level")
            return Look(kind="heading", level=min(6, level))
        own = node.get(TEXT + "style-name", "")
        bases = (style.get(STYLE + "parent-style-name", "") for style in self.chain("paragraph", own))
        for name in (own, *bases):
            heading = _HEADING.match(name)
            if heading or name == "Title":
                return Look(kind="heading" if heading else "title", level=min(6, int(heading[1])) if heading else 0)
            if name in _CAPTIONS:
                return Look(kind="caption")
            if any(word in name.lower() for word in _CODE_WORDS):
                return Look(kind="code")
        return Look(kind="paragraph")

    def chain(self, family: str, name: str) -> Iterator[Any]:
        """A style and those it is based on."""
        for _ in range(_DEPTH):
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = style.get(STYLE + "parent-style-name", "")

    def value(self, family: str, name: str, properties: str, attribute: str) -> str:
        """What a style or one it is based on sets, or ""."""
        for style in self.chain(family, name):
            found = style.find(STYLE + properties)
            if found is not None and found.get(attribute) is not None:
                return str(found.get(attribute))
        return ""

    def hides(self, node: Any) -> bool:
        """Whether a paragraph or a run of characters is hidden, too small to see, or white on nothing."""
        family = "text" if node.tag in (TEXT + "span", TEXT + "a") else "paragraph"
        name = node.get(TEXT + "style-name", "")
        if not name:
            return False

        def set_to(attribute: str) -> str:
            return self.value(family, name, "text-properties", attribute)

        if set_to(TEXT + "display") == "none" or _SMALL.match(set_to(FO + "font-size")):
            return True
        if set_to(FO + "color").lower() != "#ffffff":
            return False
        return set_to(FO + "background-color") in ("", "transparent") and not self._has_ground(node)

    def _has_ground(self, node: Any) -> bool:
        """Whether something around white letters may give them a ground."""
        for outer in (node, *node.iterancestors()):
            if outer.tag in (TABLE + "table", OFFICE + "presentation") or str(outer.tag).startswith(DRAW):
                return True
            name = outer.get(TEXT + "style-name", "")
            ground = self.value("paragraph", name, "paragraph-properties", FO + "background-color") if name else ""
            if ground not in ("", "transparent"):
                return True
        return False


class Parts:
    """An open OpenDocument file."""

    def __init__(self, package: ooxml.Package) -> None:
        self._package = package
        self._pages = package.part("styles.xml")
        self.content = package.part("content.xml")
        if self.content is None:
            raise DamagedFile
        self.styles = Styles(self._pages, self.content)

    def body(self, *kinds: str) -> Any:
        """The document itself, of one of the kinds "text", "spreadsheet" and so on. Raises DamagedFile."""
        for kind in kinds:
            found = self.content.find(f"{OFFICE}body/{OFFICE}{kind}")
            if found is not None:
                return found
        raise DamagedFile

    def named(self, tag: str) -> Iterator[Any]:
        """All elements of a tag outside the document's body, those of the pages first."""
        for root in (self._pages, self.content):
            if root is not None:
                yield from root.iter(tag)

    def master_pages(self) -> Iterator[Any]:
        """What the pages of the document share."""
        if self._pages is not None:
            yield from self._pages.iter(STYLE + "master-page")

    def object(self, reference: str) -> Any:
        """The content of a chart or formula in the file, or None."""
        name = posixpath.normpath(reference.removeprefix("./"))
        return self._package.part(f"{name}/content.xml") if reference and not name.startswith("..") else None

    def title(self) -> str:
        """The title in the file's properties, or ""."""
        meta = self._package.part("meta.xml")
        return plain_line(meta.findtext(f".//{_DC}title") or "") if meta is not None else ""


@contextmanager
def opened(path: Path) -> Iterator[Parts]:
    """The parts of the file at `path`. Raises DamagedFile."""
    with ooxml.opened(path) as package:
        yield Parts(package)


def words(paragraph: Any, styles: Styles, *, without: Container[str] = ()) -> tuple[str, list[Any], str]:
    """What is printed of a paragraph; the notes, comments and drawings in it; and what is hidden in it."""
    parts: list[str] = []
    beside: list[Any] = []
    hidden: list[str] = []
    if styles.hides(paragraph):
        return "", [], " ".join(paragraph.itertext())
    walk = etree.iterwalk(paragraph, events=("start", "end"))
    for event, node in walk:
        if event == "end":
            if node is not paragraph:
                parts.append(_SPACES.sub(" ", node.tail or ""))
        elif node.tag in _LEFT_OUT or node.tag in without:
            walk.skip_subtree()
        elif node.tag in (TEXT + "note", OFFICE + "annotation") or node.tag.startswith(DRAW):
            beside.append(node)
            walk.skip_subtree()
        elif node is not paragraph and (node.tag == TEXT + "hidden-text" or styles.hides(node)):
            hidden.append("".join(node.itertext()) or node.get(TEXT + "string-value", ""))
            walk.skip_subtree()
        elif node.tag == TEXT + "s":
            parts.append(" " * min(_MOST_REPEATED, count(node, TEXT + "c")))
        elif node.tag in (TEXT + "tab", TEXT + "line-break"):
            parts.append(" " if node.tag == TEXT + "tab" else "\n")
        else:
            parts.append(_SPACES.sub(" ", node.text or ""))
    return "".join(parts), beside, " ".join(hidden)


def count(node: Any, attribute: str) -> int:
    """A number of at least 1 in an attribute; 1 where there is none."""
    text = node.get(attribute, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 8 else 1


def grow(rows: list[list[str]], times: int, most_cells: int) -> None:
    """Repeat the last row. Raises TooLarge where that makes more than `most_cells` cells."""
    if times > 0 and any(rows[-1]):
        if times * len(rows[-1]) > most_cells:
            raise TooLarge(f"The file has more than {most_cells:,} cells.")
        rows += [list(rows[-1]) for _ in range(times)]
