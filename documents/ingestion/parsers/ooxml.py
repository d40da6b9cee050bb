"""The parts of an Office Open XML file, with both of its sets of namespaces read as one."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from documents.ingestion.errors import DamagedFile
from documents.ingestion.parsers.base import plain_line
from documents.ingestion.parsers.trees import xml_tree

_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = (
    (
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/presentationml/main", b"http://schemas.openxmlformats.org/presentationml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PIECE_BYTES = 1024**2
_DC = "{http://purl.org/dc/elements/1.1/}"


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to: the last word of the relation's type, and the name of the target part."""

    kind: str
    target: str


def local_name(node: Any) -> str:
    """An element's name without its namespace; "" for comments and the like."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def is_true(text: str | None) -> bool:
    """Whether an attribute says yes."""
    return text in ("1", "true", "on")


class Package:
    """An open Office Open XML file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}

    def part(self, name: str) -> Any:
        """The root element of a part, or None when the file has no such part. Raises DamagedFile or TooLarge."""
        found = self._names.get(name.lower())
        if found is None:
            return None
        raw = self._archive.read(found)
        if _STRICT in raw:
            for strict, transitional in _TRANSITIONAL:
                raw = raw.replace(strict, transitional)
        return xml_tree(raw)

    def has(self, name: str) -> bool:
        """Whether the file has a part of this name."""
        return name.lower() in self._names

    def read(self, name: str) -> bytes:
        """The bytes of a part; empty when the file has no such part."""
        found = self._names.get(name.lower())
        return self._archive.read(found) if found else b""

    def count(self, name: str, *beginnings: bytes) -> int:
        """How often any of `beginnings` stands in a part, without parsing it; a few may be missed."""
        found = self._names.get(name.lower())
        if found is None:
            return 0
        total = 0
        with self._archive.open(found) as file:
            while piece := file.read(_PIECE_BYTES):
                total += sum(map(piece.count, beginnings))
        return total

    def size(self, name: str) -> int:
        """How many bytes a part says it has; 0 when the file has no such part."""
        found = self._names.get(name.lower())
        return self._archive.getinfo(found).file_size if found else 0

    def stream(self, name: str, *tags: str) -> Iterator[Any]:
        """The elements of a large part with one of these local names, each when it ends; then it is forgotten.

        What was yielded inside an element is empty by the time that the element itself is. Raises DamagedFile.
        """
        found = self._names.get(name.lower())
        if found is None:
            return
        with self._archive.open(found) as file:
            parts = etree.iterparse(
                file, events=("end",), tag=[f"{{*}}{tag}" for tag in tags], resolve_entities=False, huge_tree=True
            )
            try:
                for _, node in parts:
                    yield node
                    node.clear()
                    parent: Any = node.getparent()
                    while node.getprevious() is not None:
                        del parent[0]
            except etree.XMLSyntaxError as error:
                raise DamagedFile from error

    def relations(self, name: str) -> dict[str, Relation]:
        """What part `name` refers to, by relation id. External targets are left out."""
        folder, base = posixpath.split(name)
        root = self.part(f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels")
        found: dict[str, Relation] = {}
        for item in root if root is not None else ():
            target = item.get("Target", "")
            if item.get("TargetMode") == "External" or not target:
                continue
            absolute = target[1:] if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            found[item.get("Id", "")] = Relation(item.get("Type", "").rpartition("/")[2], absolute.lstrip("/"))
        return found

    def main_part(self) -> str:
        """The name of the part that holds the document. Raises DamagedFile."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument":
                return relation.target
        raise DamagedFile

    def title(self) -> str:
        """The title in the file's properties, or ""."""
        core = self.part("docProps/core.xml")
        return plain_line(core.findtext(f"{_DC}title") or "") if core is not None else ""


_BROKEN = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, KeyError, OSError, NotImplementedError
)  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The package at `path`. Raises DamagedFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield Package(archive)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        KeyError,
        OSError,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise DamagedFile from error
