"""Sitemaps: lists of pages, and lists of such lists."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lxml import etree

from documents.sources.addresses import normal, unique

UNPACKED_MAX = 50 * 1024 * 1024
ENTRIES_MAX = 50_000
_GZIP = b"\x1f\x8b"
# A year, a month, a day, or a moment with its time zone.
_W3C_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII)
# A day ends last in the zone that is furthest behind.
_WESTERNMOST = timedelta(hours=12)


class NoSitemap(Exception):
    """`message` says why it cannot be read."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """Addresses of pages and of further sitemaps, in their one spelling.

    `changed` says of pages when they changed last, at the latest.
    """

    pages: tuple[str, ...]
    sitemaps: tuple[str, ...]
    changed: Mapping[str, datetime] = field(default_factory=dict)


def read(body: bytes, *, url: str) -> Sitemap:
    """The sitemap at `url`: XML, packed or not, or one address a line. Raises NoSitemap."""
    plain = _unpacked(body)
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        pages, sitemaps = _from_xml(plain)
    else:
        pages, sitemaps = [(line, "") for line in plain.decode("utf-8", "replace").splitlines()[:ENTRIES_MAX]], []
    found = Sitemap(
        pages=tuple(unique((address for address, _ in pages), base=url)),
        sitemaps=tuple(unique(sitemaps, base=url)),
        changed={normal(address, base=url): end for address, date in pages if (end := last_moment(date))},
    )
    if not found.pages and not found.sitemaps:
        raise NoSitemap("There are no addresses in this sitemap.")
    return found


def last_moment(date: str) -> datetime | None:
    """The last moment that a W3C date can mean: the end of its day, month or year somewhere; None for other text."""
    found = _W3C_DATE.fullmatch(date)
    try:
        if found is None:
            return None
        if found[4]:
            return datetime.fromisoformat(date).astimezone(UTC)
        begin = datetime(int(found[1]), int(found[2] or 12), int(found[3] or 1), tzinfo=UTC)
        if not found[3]:
            begin = (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return begin + timedelta(days=1) + _WESTERNMOST
    except (ValueError, OverflowError):
        return None


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


def _from_xml(plain: bytes) -> tuple[list[tuple[str, str]], list[str]]:
    """Addresses of pages, each with its date or "", and of sitemaps."""
    # Sitemaps need no document type; what one could define there is only ever used against their readers.
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise NoSitemap("This sitemap defines a document type, so it is not read.")
    pages: list[tuple[str, str]] = []
    sitemaps: list[str] = []
    try:
        events = etree.iterparse(
            io.BytesIO(plain), events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
        )
        for _, element in events:
            name = etree.QName(element).localname
            if name not in ("url", "sitemap"):
                continue
            listed = [(loc.text or "").strip() for loc in element.findall("{*}loc")]
            if name == "url":
                date = (element.findtext("{*}lastmod") or "").strip()
                pages.extend((address, date) for address in listed)
            else:
                sitemaps.extend(listed)
            element.clear()
            if len(pages) + len(sitemaps) >= ENTRIES_MAX:
                break
    except etree.XMLSyntaxError:
        if not pages and not sitemaps:
            raise NoSitemap("This is not a sitemap: it is damaged, or another kind of page.") from None
        # A list that breaks off must not look like one from which the rest was taken away.
        raise NoSitemap("This sitemap is damaged.") from None
    return pages, sitemaps
