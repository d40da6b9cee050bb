"""Looking at one address of a check: a page, a sitemap or a file, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from documents.models import Source, SourcePage, SyncItem, SyncRun
from documents.sources import fetching, folder, frontier, keeping, reading, robots
from documents.sources import sitemap as sitemaps
from documents.sources.addresses import PAGES, as_in, document_path, is_below, is_same_site, scope_of
from documents.sources.fetching import Face, Found, Web
from documents.sources.keeping import Content, Kept
from documents.sources.reading import Page
from ragapp.accounts.models import User
from ragapp.lib.outbound import OutboundError, Reply

Outcome = SyncItem.Outcome
TEXT_FLOOR = 12
# Links are looked for in this process, before the parser's sandbox sees the page.
PAGE_MAX_BYTES = 20 * 1024**2
NO_TEXT = "There is no text on this page; it may be drawn by a script."
NOINDEX = "The page asks not to be taken up (noindex)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found: `content` to keep, or `known` that is as it was, or an outcome with a reason; and the way on.

    `was_asked` False: only a sitemap says that it is as it was. `changed`: when pages of `listed` changed last.
    """

    content: Content | None = None
    known: SourcePage | None = None
    was_asked: bool = True
    outcome: SyncItem.Outcome = Outcome.SKIPPED
    reason: str = ""
    links: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    changed: Mapping[str, datetime] = field(default_factory=dict)
    moved_to: str = ""
    depth: int = 0


def page(run: SyncRun, item: SyncItem, web: Web) -> Seen:
    """A web page; where a crawl begins, the site's own sitemaps lead on as well."""
    source = run.source
    why = scope_of(source).why_not(item.address)
    # Patterns may leave out the page that a crawl starts from: it is read for its links alone.
    is_way_in = source.kind == Source.Kind.CRAWL and item.depth == 0 and is_below(item.address, source.prefix)
    if why and not is_way_in:
        return Seen(reason=why)
    seen = _asked_for(run, item, web)
    if why and seen.content is not None:
        seen = Seen(reason=why, links=seen.links, depth=item.depth)
    if is_way_in and source.depth:
        named = fetching.sitemaps_named(web, item.address)
        return replace(seen, sitemaps=tuple(sorted(named, key=lambda address: not is_below(address, source.prefix))))
    return seen


def sitemap(run: SyncRun, item: SyncItem, web: Web) -> Seen:
    """A list of pages."""
    try:
        reply = fetching.sitemap(web, item.address)
        if reply.status != 200:
            raise sitemaps.NoSitemap(f"The site answered with an error ({reply.status}).")
        found = sitemaps.read(reply.body, url=reply.url)
    except (OutboundError, sitemaps.NoSitemap) as error:
        return Seen(outcome=Outcome.FAILED, reason=error.message)
    further = [address for address in found.sitemaps if is_same_site(address, item.address)]
    if item.depth >= frontier.SITEMAPS_DEPTH:
        further = []
    return Seen(
        outcome=Outcome.UNCHANGED, sitemaps=tuple(further), listed=found.pages, changed=found.changed, depth=item.depth
    )


def file(run: SyncRun, item: SyncItem) -> Seen:
    """A file of a folder. Raises FolderRefused when the folder itself is not there any more."""
    root = folder.checked(run.source.addresses.strip())
    known = SourcePage.objects.select_related("document").filter(source=run.source, address=item.address).first()
    try:
        state = folder.state_of(root, item.address)
        if known is not None and known.etag == state:
            return Seen(known=known)
        body = folder.read(root, item.address, most=settings.MAX_UPLOAD_MB * 1024**2 + 1)
    except folder.FileGone:
        return Seen(outcome=Outcome.MISSING, reason="The file is no longer there.")
    except folder.FileUnreadable:
        return Seen(outcome=Outcome.FAILED, reason="The file cannot be read.")
    path = (Path(root.name) / item.address).as_posix()
    return Seen(content=Content(address=item.address, path=path, body=body, state=keeping.digest(body), etag=state))


def keep(run: SyncRun, seen: Seen, *, by: User, now: datetime) -> Kept:
    """Store what was found; in a dry run, say what would be stored."""
    if seen.known is not None:
        return keeping.same(seen.known, now=now, is_dry=run.is_dry, was_asked=seen.was_asked)
    if seen.content is None:
        return Kept(outcome=seen.outcome, reason=seen.reason)
    return keeping.keep(run.source, seen.content, by=by, now=now, is_dry=run.is_dry)


def lead_on(run: SyncRun, seen: Seen) -> None:
    """Take up what was found on the way."""
    scope = scope_of(run.source)
    if seen.sitemaps:
        frontier.add(run, seen.sitemaps, depth=seen.depth + 1, is_sitemap=True)
    if seen.listed:
        frontier.add_listed(run, seen.listed, seen.changed)
    if seen.moved_to:
        frontier.add(run, frontier.belonging([seen.moved_to], scope), depth=seen.depth)
    if seen.links:
        frontier.add_links(run, seen.links, depth=seen.depth + 1)


def _asked_for(run: SyncRun, item: SyncItem, web: Web) -> Seen:
    known = SourcePage.objects.select_related("document").filter(source=run.source, address=item.address).first()
    found = fetching.page(web, item.address, kind=run.source.kind, known=known, changed_at=item.changed_at)
    if found.face in (Face.SAME, Face.DATED) and known is not None:
        return Seen(known=known, was_asked=found.face is Face.SAME, links=tuple(known.links), depth=item.depth)
    if found.face is not Face.HERE or found.reply is None:
        return _nothing(found, item)
    return _page_of(run, item, found.reply)


def _nothing(found: Found, item: SyncItem) -> Seen:
    outcome = {Face.GONE: Outcome.MISSING, Face.FAILED: Outcome.FAILED}.get(found.face, Outcome.SKIPPED)
    return Seen(outcome=outcome, reason=found.reason, moved_to=found.target, depth=item.depth)


def _page_of(run: SyncRun, item: SyncItem, reply: Reply) -> Seen:
    body, is_page = reply.body, reply.media_type in PAGES
    if is_page and len(body) > PAGE_MAX_BYTES:
        return Seen(outcome=Outcome.FAILED, reason=f"The page is larger than {PAGE_MAX_BYTES // 1024**2} MB.")
    charset = reading.charset_of(reply.headers.get("content-type", ""))
    asked = robots.header_rules(reply.headers.get("x-robots-tag", ""))
    read = (
        reading.read(body, url=reply.url, charset=charset, asked=asked)
        if is_page
        else Page(title="", text="", canonical="", is_noindex=bool(asked & reading.NOINDEX), links=())
    )
    if read.is_noindex:
        return Seen(reason=NOINDEX, links=read.links, depth=item.depth)
    if moved_to := _elsewhere(run.source, item, read):
        return Seen(reason=f"The page names {moved_to} as its address."[:300], moved_to=moved_to, depth=item.depth)
    if is_page and sum(map(str.isalnum, read.text)) < TEXT_FLOOR:
        return Seen(outcome=Outcome.FAILED, reason=NO_TEXT, links=read.links, depth=item.depth)
    # Of a page its words count: what a server writes between them anew for every visitor changes nothing.
    state = keeping.digest(read.title.encode(), read.text.encode()) if is_page else keeping.digest(body)
    content = Content(
        address=item.address,
        path=document_path(item.address, reply.media_type),
        body=reading.in_utf8(body, charset) if is_page else body,
        state=state,
        url=item.address,
        title=read.title,
        etag=reply.headers.get("etag", ""),
        last_modified=reply.headers.get("last-modified", ""),
        links=read.links if run.source.kind == Source.Kind.CRAWL else (),
        depth=item.depth,
    )
    return Seen(content=content, links=read.links, depth=item.depth)


def _elsewhere(source: Source, item: SyncItem, read: Page) -> str:
    """The address that the page gives as its own, where that is another one of this source."""
    if source.kind == Source.Kind.PAGES or not read.canonical:
        return ""
    scope = scope_of(source)
    canonical = as_in(read.canonical, scope.prefix)
    return canonical if canonical != item.address and not scope.why_not(canonical) else ""
