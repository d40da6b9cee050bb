"""Which phrases a reader should find in a file: of the Markdown it should give, and of the XML it is made of.

Phrases are runs of five words within one paragraph, cell or heading; shorter ones are taken whole. Case, punctuation,
hyphens at line ends and a midnight behind a date do not count, alike for every reader.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

WORDS, STEP = 5, 3
_WORD = re.compile(r"\w+")
_LINE_END = re.compile(r"(?<=\w)[-\u00ad]\s+(?=\w)")
_MARKUP = re.compile(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)]*\)|<[^>]+>", re.S)
_RULE = re.compile(r"[\s|:-]+")
_HEADER_CODE = re.compile(r'&(?:"[^"]*"|\d+|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|[A-Za-z])')
_MIDNIGHT = re.compile(r"(?<=\d{4}-\d\d-\d\d)[ T]00:00:00\b")  # what libraries add to dates that have no time
_TORN = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")
_FORMULA = "\0"
_PICTURED = re.compile(r"^(?:line|bar|scatter|pie|other) chart$")  # what one project writes for a chart
_SKIPPED = re.compile(
    r"theme|glossary|slideLayout|Master|settings|styles|numbering|fontTable|Props|calcChain|connections|customXml|"
    r"quickStyle|colors\d*\.xml|layout\d*\.xml|diagrams/drawing|docProps|\.rels$|\[Content|meta\.xml|manifest"
)
_OFFICE = (".docx", ".pptx", ".xlsx", ".xlsm", ".odt", ".odp", ".ods")


def normal(text: str) -> str:
    """The words of `text` in lower case, joined by single blanks."""
    text = _MIDNIGHT.sub("", _LINE_END.sub("", unicodedata.normalize("NFKC", text)))
    return " ".join(_WORD.findall(text.casefold()))


def of_file(path: Path, expected: Path | None) -> set[str]:
    """The phrases that should be found in the text of the file."""
    units: list[str] = []
    if expected is not None:
        units += _markdown(expected.read_text(errors="replace"))
    if path.suffix in _OFFICE:
        units += _xml(path)
    return {phrase for unit in units for phrase in _runs(unit) if not _PICTURED.match(phrase)}


def recall(text: str, phrases: Iterable[str]) -> float:
    """The share of `phrases` in `text`."""
    whole = f" {normal(text)} "
    found = [f" {phrase} " in whole for phrase in phrases]
    return sum(found) / len(found)


def word_recall(text: str, phrases: Iterable[str]) -> float:
    """The share of the phrases' different words in `text`."""
    wanted = {word for phrase in phrases for word in phrase.split()}
    return len(wanted & set(normal(text).split())) / len(wanted)


def _runs(unit: str) -> Iterator[str]:
    words = normal(unit).split()
    if len(words) <= WORDS:
        yield from [" ".join(words)] if words else []
        return
    for at in range(0, len(words) - WORDS + 1, STEP):
        yield " ".join(words[at : at + WORDS])


def _markdown(text: str) -> Iterator[str]:
    """Lines, and cells of tables, without marks."""
    text = _TORN.sub("", text)
    text = _MARKUP.sub(" ", text).replace("\\_", "_").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    for line in text.split("\n"):
        if line.strip().startswith("|"):
            yield from [] if _RULE.fullmatch(line) else line.split("|")
        else:
            yield line


def _xml(path: Path) -> Iterator[str]:
    """The texts of an office file's parts: body, page headers, boxes, notes, comments, charts, all sheets."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        return
    with archive:
        for name in archive.namelist():
            if name.endswith(".xml") and not _SKIPPED.search(name):
                try:
                    root = etree.fromstring(archive.read(name), etree.XMLParser(resolve_entities=False))
                except etree.XMLSyntaxError:
                    continue
                for node in root.iter(etree.Element):
                    yield from _texts(name, node)


def _texts(part: str, node: Any) -> Iterator[str]:
    kind = _name(node)
    if kind in ("p", "h") and not any(
        _name(outer) in ("del", "moveFrom", "Fallback", "tracked-changes") for outer in node.iterancestors()
    ):
        yield from _paragraph(node).split(_FORMULA)
    elif kind in ("si", "is"):
        yield "".join(t.text or "" for t in node.iter() if _name(t) == "t" and _name(t.getparent()) != "rPh")
    elif kind in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"):
        yield from _HEADER_CODE.split(node.text or "")
    elif kind == "sheet" and node.get("state", "visible") == "visible" and part.endswith("workbook.xml"):
        yield node.get("name", "")
    elif (
        kind == "v" and "chart" in part and _name(node.getparent()) == "pt" and re.search(r"[^\d.E+-]", node.text or "")
    ):
        yield node.text
    elif kind == "text" and "omment" in part and not (texts := "".join(node.itertext())).startswith("[Threaded"):
        yield texts


def _paragraph(node: Any) -> str:
    """The text of a paragraph, not that of paragraphs inside it, such as those of text boxes."""
    parts: list[str] = []
    for inner in node.iter(etree.Element):
        kind = _name(inner)
        if kind == "oMath":
            parts.append(_FORMULA)
        if kind in ("tab", "br", "cr", "s", "line-break"):
            parts.append(" ")
        outer = next((each for each in inner.iterancestors() if _name(each) in ("p", "h")), None)
        is_own = inner is node or outer is node
        if "/math" in inner.tag:
            continue  # how a formula reads is in the Markdown: its letters in a row say something else
        if kind == "t" or (_is_open_document(node) and is_own):
            parts.append((inner.text or "") if is_own else "")
        if _is_open_document(node) and is_own and inner is not node:
            parts.append(inner.tail or "")
    return "".join(parts)


def _is_open_document(node: Any) -> bool:
    return "opendocument" in node.tag


def _name(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
