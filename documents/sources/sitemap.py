"""Sitemaps: lists of pages, and lists of such lists."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

from lxml import etree

from documents.sources.addresses import unique

UNPACKED_MAX = 50 * 1024 * 1024
ENTRIES_MAX = 50_000
_GZIP = b"\x1f\x8b"


class NoSitemap(Exception):
    """`message` says why it cannot be read."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """Addresses of pages and of further sitemaps, in their one spelling."""

    pages: tuple[str, ...]
    sitemaps: tuple[str, ...]


def read(body: bytes, *, url: str) -> Sitemap:
    """The sitemap at `url`: XML, packed or not, or one address a line. Raises NoSitemap."""
    plain = _unpacked(body)
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        pages, sitemaps = _from_xml(plain)
    else:
        pages, sitemaps = plain.decode("utf-8", "replace").splitlines()[:ENTRIES_MAX], []
    found = Sitemap(pages=tuple(unique(pages, base=url)), sitemaps=tuple(unique(sitemaps, base=url)))
    if not found.pages and not found.sitemaps:
        raise NoSitemap("There are no addresses in this sitemap.")
    return found


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    unpack = zlib.decompressobj(31)
    try:
        plain = unpack.decompress(body, UNPACKED_MAX)
    except zlib.error:
        raise NoSitemap("This sitemap is damaged.") from None
    if not unpack.eof:
        raise NoSitemap("This sitemap is cut off, or larger than 50 MB.")
    return plain


def _from_xml(plain: bytes) -> tuple[list[str], list[str]]:
    # Sitemaps need no document type; what one could define there is only ever used against their readers.
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise NoSitemap("This sitemap defines a document type, so it is not read.")
    pages: list[str] = []
    sitemaps: list[str] = []
    try:
        events = etree.iterparse(
            io.BytesIO(plain), events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
        )
        for _, element in events:
            above = element.getparent()
            name = etree.QName(element).localname
            if name == "loc" and above is not None:
                kind = etree.QName(above).localname
                if kind in ("url", "sitemap"):
                    (pages if kind == "url" else sitemaps).append((element.text or "").strip())
            if name in ("url", "sitemap"):
                element.clear()
            if len(pages) + len(sitemaps) >= ENTRIES_MAX:
                break
    except etree.XMLSyntaxError:
        if not pages and not sitemaps:
            raise NoSitemap("This is not a sitemap: it is damaged, or another kind of page.") from None
        # A list that breaks off must not look like one from which the rest was taken away.
        raise NoSitemap("This sitemap is damaged.") from None
    return pages, sitemaps
