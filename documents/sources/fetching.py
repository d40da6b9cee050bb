"""One page of a site: asked for politely, only when the site permits it, and in full only when it has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.utils import timezone

from documents.models import Source, SourcePage
from documents.sources import robots
from documents.sources.addresses import is_readable_kind, is_same_site, normal, origin_of
from documents.sources.robots import Robots
from ragapp.lib import outbound
from ragapp.lib.outbound import Call, Limits, OutboundError, Refused, Reply, Rules, TooMuch

TOTAL_S, REDIRECTS, REST_MAX_S = 60.0, 5, 60.0
# A sitemap is taken at its word for so long; clocks may be that far apart.
TRUST, CLOCKS_APART = timedelta(days=30), timedelta(hours=1)
GONE, PERMANENT = (404, 410), (301, 308)
ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5"


class Face(Enum):
    """How a request ended."""

    HERE = "a document came back"
    SAME = "it has not changed since the last check"
    DATED = "its sitemap says that it has not changed since it was asked for"
    GONE = "the site says that it is no longer there"
    MOVED = "it leads to another address"
    LEFT_OUT = "it is nothing that is read"
    FAILED = "it could not be read now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of one address. `target`: where it leads to; `reason`: why there is nothing, in words."""

    face: Face
    reason: str = ""
    reply: Reply | None = None
    target: str = ""


@dataclass(slots=True, kw_only=True)
class Web:
    """A visitor of one source: what it may call, what the sites asked for, and when it may ask again.

    `secret` is sent to the origin of `first` alone. `robots` maps origins to their files, None for one that cannot be
    had. `next_at` is in seconds of `clock`.
    """

    rules: Rules
    first: str
    secret: Mapping[str, str] = field(default_factory=dict)
    robots: dict[str, str | None] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    next_at: float = 0.0

    def get(self, call: Call, limits: Limits) -> Reply:
        """One request, with our name and the source's secret. Raises OutboundError."""
        is_first = origin_of(call.url) == origin_of(self.first)
        named = Call(
            url=call.url,
            headers={"User-Agent": user_agent(), "Accept": ACCEPT, **call.headers},
            secret=self.secret if is_first else {},
            may_follow=call.may_follow,
            wants=call.wants,
        )
        return outbound.request(named, rules=self.rules, limits=limits)

    def rest(self, seconds: float) -> None:
        """Ask nothing before `seconds` have passed."""
        self.next_at = max(self.next_at, self.clock() + seconds)


def user_agent() -> str:
    """How we name ourselves to the sites that are read."""
    return f"{robots.PRODUCT}/1.0 (+{settings.BASE_URL})"


def page(web: Web, address: str, *, kind: str, known: SourcePage | None, changed_at: datetime | None = None) -> Found:
    """What is at `address` now; `known` is what it was at the last check, for a source of that kind.

    `changed_at`: when it changed last, by what a sitemap says.
    """
    asked = _robots_of(web, address)
    if not asked.is_known:
        return Found(face=Face.FAILED, reason="The site's robots.txt cannot be read at present.")
    if not asked.permits(address):
        return Found(face=Face.LEFT_OUT, reason="The site's robots.txt does not permit it.")
    if known is not None and _is_old_news(known, changed_at):
        return Found(face=Face.DATED)
    is_listed = kind == Source.Kind.PAGES
    call = Call(
        url=address,
        headers=_conditions(known),
        may_follow=lambda url: is_same_site(url, address),
        wants=lambda status, headers: status == 200 and _readable(headers, address),
    )
    try:
        reply = web.get(call, _limits(redirects=REDIRECTS if is_listed else 0))
    except (Refused, TooMuch) as error:
        return Found(face=Face.LEFT_OUT if known is None else Face.FAILED, reason=f"{error.message} {error.hint}")
    except OutboundError as error:
        return Found(face=Face.FAILED, reason=error.message)
    finally:
        web.rest(max(settings.CRAWL_DELAY_S, asked.delay_s()))
    return _judged(web, reply, address, is_listed=is_listed, is_known=known is not None)


def sitemap(web: Web, address: str) -> Reply:
    """The file at `address`. Raises OutboundError."""
    try:
        return web.get(
            Call(url=address, may_follow=lambda url: is_same_site(url, address)), _limits(redirects=REDIRECTS)
        )
    finally:
        asked = Robots(text=web.robots.get(origin_of(address)) or "")
        web.rest(max(settings.CRAWL_DELAY_S, asked.delay_s()))


def sitemaps_named(web: Web, address: str) -> tuple[str, ...]:
    """The sitemaps of its own that the site of `address`, which was asked before, names in its robots.txt."""
    origin = origin_of(address)
    named = Robots(text=web.robots.get(origin) or "").sitemaps(origin)
    return tuple(each for each in named if is_same_site(each, address))


def _judged(web: Web, reply: Reply, address: str, *, is_listed: bool, is_known: bool) -> Found:
    if reply.status == 304 and is_known:
        return Found(face=Face.SAME, reply=reply)
    if reply.status in outbound.REDIRECTS:
        target = normal(reply.headers.get("location", ""), base=reply.url)
        if is_listed or not target:
            return Found(face=Face.FAILED, reason="It leads to another site: list the address that you end up at.")
        # A page that is known stays until the site says that it has moved for good.
        face = Face.MOVED if reply.status in PERMANENT or not is_known else Face.FAILED
        return Found(face=face, reason=f"It leads to {target}"[:300], target=target)
    if reply.status in GONE:
        return Found(face=Face.GONE, reason=f"The site says that it is no longer there ({reply.status}).")
    if reply.status != 200:
        if reply.status in (429, 503):
            wait = reply.headers.get("retry-after", "")
            web.rest(min(float(wait), REST_MAX_S) if wait.isdecimal() else REST_MAX_S / 6)
        return Found(face=Face.FAILED, reason=f"The site answered with an error ({reply.status}).")
    if not _readable(reply.headers, reply.url):
        return Found(face=Face.LEFT_OUT, reason=f"It is of a kind that is not read: {reply.media_type or '–'}.")
    if not reply.body:
        return Found(face=Face.FAILED, reason="The page is empty.")
    return Found(face=Face.HERE, reply=reply)


def _robots_of(web: Web, address: str) -> Robots:
    origin = origin_of(address)
    if origin not in web.robots:
        try:
            reply = web.get(Call(url=f"{origin}/robots.txt"), Limits(total_s=20, body_bytes=4 * robots.SIZE_MAX))
            found = robots.from_reply(reply.status, reply.body)
        except Refused:
            # The page itself is refused as well, and says why.
            found = Robots()
        except OutboundError:
            found = Robots(is_known=False)
        web.robots[origin] = found.text if found.is_known else None
    text = web.robots[origin]
    return Robots(text=text or "", is_known=text is not None)


def _is_old_news(known: SourcePage, changed_at: datetime | None) -> bool:
    """Whether we asked after the last change. What was missing once, or asked for long ago, is asked for anyway."""
    if changed_at is None or known.asked_at is None or known.missed_times:
        return False
    return changed_at < known.asked_at - CLOCKS_APART and timezone.now() - known.asked_at < TRUST


def _conditions(known: SourcePage | None) -> dict[str, str]:
    """Only what has changed is to be sent; what a person has deleted here needs no conditions either way."""
    if known is None:
        return {}
    found = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in found.items() if value}


def _readable(headers: Mapping[str, str], address: str) -> bool:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return is_readable_kind(media_type, address)


def _limits(*, redirects: int) -> Limits:
    return Limits(total_s=TOTAL_S, body_bytes=settings.MAX_UPLOAD_MB * 1024**2, redirects=redirects)
