"""The one way to call an address that somebody configured: web pages, webhooks, endpoints of deployments.

The name is resolved here, every address it has is checked, and the connection goes to an address that was checked; the
certificate and the Host header are those of the name. So a name that answers differently a moment later (DNS
rebinding) changes nothing. Redirects are followed here, one checked step after the other.
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import certifi
import httpcore
import httpx
from django.conf import settings

from ragapp.lib import destinations
from ragapp.lib.connections import Guarded, OutboundError, Refused, Resolve, TooMuch, Unreachable, look_up, private
from ragapp.lib.destinations import Rules

__all__ = [
    "Call", "Limits", "OutboundError", "Refused", "Reply", "Rules", "TooMuch", "Unreachable", "arequest", "check",
    "request", "rules",
]  # fmt: skip

REDIRECTS = frozenset({301, 302, 303, 307, 308})
URL_MAX_CHARS = 2000
# Sent to the first address alone: another server, or the same one without encryption, never sees them.
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one call may take, redirects included. `body_bytes` counts what came over the line, and unpacked."""

    total_s: float = 30.0
    connect_s: float = 5.0
    redirects: int = 5
    body_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from `url`, the last of the redirects; header names are lower case, the body is unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The kind that the header names, without parameters, in lower case; "" if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is to be sent. `secret` headers go only to the origin of `url`; `may_follow` is asked about each redirect.

    `wants` is asked about status and headers before the body is read; where it says no, the body stays empty.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    may_follow: Callable[[str], bool] = lambda url: True
    wants: Callable[[int, Mapping[str, str]], bool] = lambda status, headers: True


def rules() -> Rules:
    """The rules of this site, from its settings."""
    return destinations.rules(settings.OUTBOUND_ALLOW, settings.OUTBOUND_PORTS)


def check(url: str, rules: Rules) -> httpx.URL:
    """The address as it will be called, without its fragment. Raises Refused for what can never be called.

    Looks nothing up: a name that leads to a private address is refused when it is called.
    """
    try:
        parsed = httpx.URL(url.strip()).copy_with(fragment=None)
        host = parsed.raw_host.decode("ascii").lower()
        named = destinations.literal(host) if host else None
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise Refused("This is not a web address.", "Enter one such as https://www.example.com/handbook.") from None
    if parsed.scheme not in ("http", "https") or not host or len(str(parsed)) > URL_MAX_CHARS:
        raise Refused("This is not a web address.", "Enter one that begins with https:// or http://.")
    if parsed.userinfo:
        raise Refused("The address holds a password.", "Leave it out, and give it as a header instead.")
    # Where it leads comes first: a private address stays closed whatever the port.
    if named is not None and not destinations.is_public(named) and not rules.permits(host, named, _port(parsed)):
        raise private(host)
    if not rules.permits_port(_port(parsed)):
        if host == "localhost":
            raise private(host)
        raise Refused(
            f"Port {_port(parsed)} is not allowed.", "An administrator can allow it in RAGAPP_OUTBOUND_PORTS."
        )
    return parsed


def request(call: Call, *, rules: Rules, limits: Limits | None = None, resolve: Resolve | None = None) -> Reply:
    """Send `call` and follow redirects of GET and HEAD. A status of any kind is a reply; raises OutboundError.

    A redirect that `may_follow` declines, or one of another method, is returned as it came.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.total_s
    first = url = check(call.url, rules)
    for _ in range(limits.redirects + 1):
        secret = call.secret if _origin(url) == _origin(first) else {}
        backend = Guarded(rules, resolve or look_up, deadline, limits.connect_s)
        reply = _send(call, url, secret, backend, limits)
        target = reply.headers.get("location", "")
        if reply.status not in REDIRECTS or not target or call.method not in ("GET", "HEAD"):
            return reply
        if not limits.redirects:
            return reply
        url = _next(url, target, rules)
        if not call.may_follow(str(url)):
            return reply
    raise TooMuch("It redirects again and again.", "Open the address in a browser, and enter the one you end up at.")


async def arequest(call: Call, *, rules: Rules, limits: Limits | None = None) -> Reply:
    """`request`, from code that must not wait."""
    return await asyncio.to_thread(request, call, rules=rules, limits=limits)


def _next(url: httpx.URL, target: str, rules: Rules) -> httpx.URL:
    try:
        joined = str(url.join(target))
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise Unreachable("It redirects to something that is no address.", "Tell those who run that site.") from None
    return check(joined, rules)


def _send(call: Call, url: httpx.URL, secret: Mapping[str, str], backend: Guarded, limits: Limits) -> Reply:
    try:
        certificates = trust() if url.scheme == "https" else None
        with httpcore.ConnectionPool(ssl_context=certificates, network_backend=backend) as pool:
            headers = _headers(call, url, secret)
            extensions = {"timeout": {name: limits.total_s for name in ("connect", "read", "write", "pool")}}
            target = httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=_port(url), target=url.raw_path or b"/"
            )
            with pool.stream(
                call.method, target, headers=headers, content=call.content or None, extensions=extensions
            ) as response:
                found = _names(response.headers)
                is_wanted = response.status not in REDIRECTS and call.wants(response.status, found)
                pieces = _unpacked(response.iter_stream(), found, limits) if is_wanted else ()
                return Reply(url=str(url), status=response.status, headers=found, body=b"".join(pieces))
    except httpcore.TimeoutException:
        raise Unreachable(f"{url.host} did not answer in time.", "Try again later.") from None
    except ssl.SSLError as error:
        raise _no_trust(url) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        if "certificate" in str(error).lower():
            raise _no_trust(url) from error
        raise Unreachable(
            f"{url.host} could not be reached, or broke off.", "Check the address, and try again later."
        ) from error


def _headers(call: Call, url: httpx.URL, secret: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    plain = {name: value for name, value in call.headers.items() if name.lower() not in _PRIVATE}
    wanted = {"User-Agent": "ragapp", "Accept-Encoding": "gzip", "Connection": "close", **plain, **secret}
    return [
        (b"Host", url.netloc),
        *((name.encode("ascii"), value.encode("latin-1")) for name, value in wanted.items()),
        *([(b"Content-Length", str(len(call.content)).encode())] if call.content else []),
    ]


def _names(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("ascii", "replace").lower(), value.decode("latin-1").strip()
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _unpacked(pieces: Iterator[bytes], headers: Mapping[str, str], limits: Limits) -> Iterator[bytes]:
    """The body as it was before it was packed, piece by piece, never more than the limit of it. Raises TooMuch."""
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", ""):
        raise TooMuch("It is packed in a way that was not asked for.", "Tell those who run that site.")
    if headers.get("content-length", "").isdecimal() and int(headers["content-length"]) > limits.body_bytes:
        raise _too_large(limits)
    unpack = None if packing in ("identity", "") else zlib.decompressobj(31)
    received = unpacked = 0
    for piece in pieces:
        received += len(piece)
        try:
            plain = piece if unpack is None else unpack.decompress(piece, limits.body_bytes + 1 - unpacked)
        except zlib.error:
            raise Unreachable("What came back is damaged.", "Try again later.") from None
        unpacked += len(plain)
        if received > limits.body_bytes or unpacked > limits.body_bytes:
            raise _too_large(limits)
        yield plain
    if unpack is not None and received and not unpack.eof:
        raise Unreachable("What came back is damaged.", "Try again later.")


@cache
def trust() -> ssl.SSLContext:
    """The machine's certificates, so that a company's own count, and the well-known ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, _port(url)


def _no_trust(url: httpx.URL) -> Unreachable:
    return Unreachable(
        f"The certificate of {url.host} cannot be trusted.", "Tell those who run that site, or an administrator."
    )


def _too_large(limits: Limits) -> TooMuch:
    return TooMuch(f"It is larger than {limits.body_bytes / 1024**2:g} MB.", "Leave it out, or ask an administrator.")
