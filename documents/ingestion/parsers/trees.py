"""XML and HTML as trees, without entities, other files or the network."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from lxml import etree

from documents.ingestion.errors import OUT_OF_MEMORY, DamagedFile, TooLarge


def xml_tree(raw: bytes, *, recover: bool = False) -> Any:
    """The root of an XML text of any size; with `recover` as much of a broken one as can be read, or None.

    Raises DamagedFile; TooLarge where memory is not enough.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, recover=recover)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _meaning(error) from error


def html_tree(text: str) -> Any:
    """The root of an HTML text, or None when there is nothing in it. Raises as `xml_tree`."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        # Encoded again because lxml refuses text that names an encoding of its own.
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if not text.strip() or "empty" in str(error).lower():
            return None
        raise _meaning(error) from error


def nearest(container: Any, wanted: Container[str], *, through: Container[str]) -> Iterator[Any]:
    """The elements in `container` whose tags are `wanted`, in order, those below elements to look `through`, too."""
    waiting = list(reversed(container))
    while waiting:
        node = waiting.pop()
        if node.tag in wanted:
            yield node
        elif node.tag in through:
            waiting += reversed(node)


def _meaning(error: Exception) -> DamagedFile | TooLarge:
    if isinstance(error, etree.XMLSyntaxError) and error.code == etree.ErrorTypes.ERR_NO_MEMORY:
        return TooLarge(OUT_OF_MEMORY)
    return DamagedFile()
