"""What a web page says about itself and where it leads: read as a stream of tags, without building a tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from documents.ingestion.errors import IngestionError
from documents.ingestion.parsers.encoding import decode
from documents.sources.addresses import normal, unique

LINKS_MAX = 2000
NOINDEX, NOFOLLOW = frozenset({"noindex", "none"}), frozenset({"nofollow", "none"})
_UNSEEN = frozenset({"script", "style", "noscript", "template"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`links` in their one spelling, in order; empty where the page asks not to follow. `text` is what is shown."""

    title: str
    text: str
    canonical: str
    is_noindex: bool
    links: tuple[str, ...]


@dataclass(slots=True)
class _Tags:
    """Receives the tags of a page."""

    title: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    canonical: str = ""
    base: str = ""
    robots: list[str] = field(default_factory=list)
    _inside: str = ""
    _unseen: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A tag opens."""
        rel = attributes.get("rel", "").lower().split()
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "title" and not self.title:
            self._inside = "title"
        elif tag == "base" and not self.base:
            self.base = attributes.get("href", "")
        elif tag == "link" and "canonical" in rel and not self.canonical:
            self.canonical = attributes.get("href", "")
        elif tag == "meta" and attributes.get("name", "").lower() in ("robots", "ragapp"):
            self.robots.append(attributes.get("content", ""))
        elif tag in ("a", "area") and "nofollow" not in rel and len(self.links) < LINKS_MAX:
            self.links.append(attributes.get("href", ""))

    def end(self, tag: str) -> None:
        """A tag closes."""
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag == "title":
            self._inside = ""

    def data(self, text: str) -> None:
        """Text between tags."""
        if not self._unseen:
            (self.title if self._inside == "title" else self.text).append(text)

    def close(self) -> _Tags:
        """The end of the page."""
        return self


def read(body: bytes, *, url: str, charset: str = "", asked: frozenset[str] = frozenset()) -> Page:
    """What the page at `url` says; `asked`: what its header asks of us. A page that cannot be read says nothing."""
    tags = _tags(body, charset)
    rules = asked | {part.strip().lower() for text in tags.robots for part in text.split(",")}
    base = normal(tags.base, base=url) or url
    follows = not rules & NOFOLLOW
    return Page(
        title=" ".join("".join(tags.title).split())[:300],
        text=" ".join("".join(tags.text).split()),
        canonical=normal(tags.canonical, base=base) if tags.canonical.strip() else "",
        is_noindex=bool(rules & NOINDEX),
        links=tuple(unique(filter(None, map(str.strip, tags.links)), base=base)) if follows else (),
    )


def charset_of(content_type: str) -> str:
    """The encoding that a Content-Type header names, "" if none."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()[:40]
    return ""


def in_utf8(body: bytes, charset: str) -> bytes:
    """A page whose encoding only its header names, as UTF-8 with a mark, so that its bytes alone can be read."""
    if not charset or charset in ("utf-8", "utf8"):
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return b"\xef\xbb\xbf" + body.decode(charset).encode()
        except (UnicodeDecodeError, LookupError):
            return body
    return body


def _tags(body: bytes, charset: str) -> _Tags:
    tags = _Tags()
    target: Any = tags
    try:
        text = decode(body, declared=charset).replace("\0", "")
        parser = etree.HTMLParser(target=target, encoding="utf-8", recover=True, no_network=True, huge_tree=False)
        parser.feed(text.encode("utf-8", "replace"))
        parser.close()
    except (etree.LxmlError, IngestionError, ValueError):
        return tags
    return tags
