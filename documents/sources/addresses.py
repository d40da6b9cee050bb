"""Addresses of web pages: their one spelling, what belongs to a source, and the path of a document made of one."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx

from documents import storage
from documents.models import Source
from documents.models.source import ADDRESS_MAX_CHARS

# What campaigns add to an address; the page is the same without.
_CAMPAIGN = re.compile(r"(utm_\w+|gclid|fbclid|msclkid|mc_[ce]id)", re.I)
_DOT = re.compile(r"%2e", re.I)
_SEGMENT_MAX_CHARS, _PATH_MAX_CHARS = 80, 400
SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/epub+zip": ".epub",
}
PAGES = ("text/html", "application/xhtml+xml")
# Servers call by these what they know nothing of: the name decides.
_VAGUE = ("application/octet-stream", "binary/octet-stream", "")
DOCUMENT_SUFFIXES = frozenset({*SUFFIXES.values(), ".htm", ".xhtml", ".markdown", ".tsv", ".eml", ".msg"})
# Not worth a request: nothing to read there.
_NO_DOCUMENTS = frozenset(
    ".png .jpg .jpeg .gif .svg .webp .avif .ico .bmp .css .js .mjs .map .woff .woff2 .ttf .otf .mp3 .mp4 .webm .ogg "
    ".wav .avi .mov .mkv .zip .gz .tgz .bz2 .xz .7z .rar .tar .exe .dmg .msi .deb .rpm .iso .apk .jar .whl .wasm .xml "
    ".rss .atom .ics .vcf .json .sig .asc .torrent".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What belongs to a source: below `prefix` ("" for anywhere), by the patterns of paths."""

    prefix: str
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def why_not(self, address: str) -> str:
        """Why `address` does not belong, in words; "" when it does."""
        if self.prefix and not is_below(address, self.prefix):
            return "It lies outside of the part of the site that was chosen."
        return self.why_left_out(httpx.URL(address).raw_path.decode("ascii", "replace"))

    def why_left_out(self, path: str) -> str:
        """The same of a path, by the patterns alone."""
        path = unquote(path)
        if any(pattern.fullmatch(path) for pattern in self.exclude):
            return "A pattern leaves it out."
        if self.include and not any(pattern.fullmatch(path) for pattern in self.include):
            return "No pattern takes it in."
        return ""


def scope_of(source: Source) -> Scope:
    """What belongs to `source`. Page lists are their own scope."""
    return Scope(
        prefix="" if source.kind in (Source.Kind.PAGES, Source.Kind.FOLDER) else source.prefix,
        include=_patterns(source.include),
        exclude=_patterns(source.exclude),
    )


def lines(text: str) -> list[str]:
    """The lines of a field that hold something, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def normal(address: str, *, base: str = "") -> str:
    """The one spelling of an address, relative to `base`; "" for what is no web address."""
    try:
        joined = httpx.URL(base).join(address.strip()) if base else httpx.URL(address.strip())
        path, _, query = _DOT.sub(".", joined.raw_path.decode("ascii")).partition("?")
        kept = "&".join(part for part in query.split("&") if part and not _CAMPAIGN.fullmatch(part.partition("=")[0]))
        # Joined once more: only now the dots of the path are dots.
        url = httpx.URL(f"{joined.scheme}://{joined.netloc.decode('ascii').rstrip('.')}").join(path or "/")
        text = str(url.copy_with(query=kept.encode() or None, fragment=None))
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return ""
    is_web = url.scheme in ("http", "https") and bool(url.host) and not joined.userinfo
    return text if is_web and len(text) <= ADDRESS_MAX_CHARS else ""


def is_below(address: str, prefix: str) -> bool:
    """Whether `address` is `prefix` or lies below it: the same scheme, host and port, and the same folders."""
    url, above = httpx.URL(address), httpx.URL(prefix)
    # Servers may read encoded slashes as slashes.
    if (url.scheme, url.raw_host, url.port) != (above.scheme, above.raw_host, above.port) or "/../" in f"{url.path}/":
        return False
    folder = above.path if above.path.endswith("/") else f"{above.path}/"
    return url.path == above.path or url.path.startswith(folder) or f"{url.path}/" == folder


def as_in(address: str, prefix: str) -> str:
    """`address` with the scheme of `prefix`, when they are of one host and differ in nothing else."""
    url, above = httpx.URL(address), httpx.URL(prefix)
    if url.raw_host == above.raw_host and url.port is None and above.port is None:
        return str(url.copy_with(scheme=above.scheme))
    return address


def folder_of(address: str) -> str:
    """The part of a site that `address` stands in: its path up to the last slash."""
    url = httpx.URL(address)
    return str(url.copy_with(raw_path=(url.path.rpartition("/")[0] + "/").encode(), fragment=None))


def origin_of(address: str) -> str:
    """Scheme, host and port."""
    url = httpx.URL(address)
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def is_same_site(address: str, other: str) -> bool:
    """Whether both are on one host, www or not, with encryption or without."""
    one, two = (httpx.URL(each) for each in (address, other))
    return one.host.removeprefix("www.") == two.host.removeprefix("www.")


def may_be_document(address: str) -> bool:
    """Whether it is worth a request: False for pictures, programs, archives and the like, by the name."""
    return _suffix(address) not in _NO_DOCUMENTS


def is_readable_kind(media_type: str, address: str) -> bool:
    """Whether a reply of this kind can become a document."""
    return media_type in SUFFIXES or (media_type in _VAGUE and _suffix(address) in DOCUMENT_SUFFIXES)


def document_path(address: str, media_type: str) -> str:
    """The path under which a page is kept in its collection: host and folders, with a name that says its kind."""
    url = httpx.URL(address)
    parts = [storage.plain_name(unquote(part)) for part in url.path.split("/")]
    folders, name = [part for part in parts[:-1] if part], parts[-1] or "index"
    suffix = SUFFIXES.get(media_type, _suffix(address))
    stem = name[: -len(suffix)] if suffix and name.lower().endswith(suffix) else name
    if url.query:
        stem = f"{stem[:_SEGMENT_MAX_CHARS]}-{_short(url.query)}"
    path = "/".join([url.host, *(part[:_SEGMENT_MAX_CHARS] for part in folders), stem[: _SEGMENT_MAX_CHARS * 2]])
    if len(path) > _PATH_MAX_CHARS:
        path = f"{path[:_PATH_MAX_CHARS].rstrip('/')}-{_short(address.encode())}"
    return path + suffix


def with_mark(path: str, address: str) -> str:
    """Another path for `address`, where `path` belongs to something else."""
    pure = PurePosixPath(path)
    return str(pure.with_name(f"{pure.stem}-{_short(address.encode())}{pure.suffix}"))


def _patterns(text: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(fnmatch.translate(line)) for line in lines(text))


def _suffix(address: str) -> str:
    return PurePosixPath(unquote(httpx.URL(address).path)).suffix.lower()


def _short(value: bytes) -> str:
    return sha256(value).hexdigest()[:8]


def unique(addresses: Iterable[str], *, base: str) -> list[str]:
    """`addresses` in their one spelling, each once, without those that are none."""
    return list(dict.fromkeys(filter(None, (normal(address, base=base) for address in addresses))))
