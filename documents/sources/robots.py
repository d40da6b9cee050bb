"""What a site asks of those that read it by machine (RFC 9309)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

from documents.sources.addresses import unique

PRODUCT = "ragapp"
SIZE_MAX = 500 * 1024
DELAY_MAX_S = 60.0
_AGENT = re.compile(r"([\w*.-]+)(?:/[\w.]*)?\s*:(.*)", re.S)
# Their colon separates a value, not the name of a visitor.
_VALUED = ("max-", "unavailable_after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """`is_known` False: the file could not be read, so nothing may be read at present."""

    text: str = ""
    is_known: bool = True

    def permits(self, url: str) -> bool:
        """Whether the site lets us read `url`."""
        return self.is_known and bool(_parsed(self.text).can_fetch(url, PRODUCT))

    def delay_s(self) -> float:
        """Seconds between two requests that the site asks for; 0 when it asks for nothing, at most a minute."""
        asked = _parsed(self.text).crawl_delay(PRODUCT)
        return min(float(asked), DELAY_MAX_S) if asked else 0.0

    def sitemaps(self, origin: str) -> tuple[str, ...]:
        """The sitemaps that the file of `origin` names, in their one spelling."""
        return tuple(unique(_parsed(self.text).sitemaps, base=f"{origin}/"))


def header_rules(value: str) -> frozenset[str]:
    """What an X-Robots-Tag header asks of us: directives in small letters, those with a value as one word.

    The name of a visitor holds for all that follows it, up to the next name.
    """
    rules, agent = set(), "*"
    for part in value.lower().split(","):
        rule = part.strip()
        if not rule.startswith(_VALUED) and (named := _AGENT.fullmatch(rule)):
            agent, rule = named[1], named[2].strip()
        if agent in ("*", PRODUCT):
            rules.add(rule)
    return frozenset(rules)


def from_reply(status: int, body: bytes) -> Robots:
    """A file that is not there permits everything; one that cannot be had at present permits nothing."""
    if 200 <= status < 300:
        # The text is kept with the check: PostgreSQL takes no NUL.
        return Robots(text=body[:SIZE_MAX].decode("utf-8", "replace").replace("\0", ""))
    return Robots(is_known=not (status >= 500 or status == 429))


@lru_cache(maxsize=16)
def _parsed(text: str) -> Protego:
    return Protego.parse(text)
