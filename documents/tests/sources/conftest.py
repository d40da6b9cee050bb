"""A site on this machine, a collection, and checks that run to their end."""

import re

import pytest

from documents.models import Source, SyncRun
from documents.sources import actions, runs, sync
from documents.sources.actions import Wanted
from ragapp.tests.web_server import serving


@pytest.fixture
def site(settings):
    """Served on 127.0.0.1, which may be called; asked without delay."""
    with serving() as served:
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{served.port}"]
        settings.CRAWL_DELAY_S = 0.0
        yield served


@pytest.fixture
def handbook(collection, owner):
    return collection("Handbook", owners=[owner])


@pytest.fixture
def source(handbook, owner, site):
    """source("crawl", "/docs/"): one that looks at the site."""

    def make(kind: str, *paths: str, prefix: str = "", **more: object) -> Source:
        addresses = "\n".join(site.url(path) for path in paths)
        if kind in ("crawl", "sitemap"):
            prefix = site.url(prefix or "/")
        return actions.save(handbook, Wanted(kind=kind, addresses=addresses, prefix=prefix, **more), by=owner)

    return make


def checked(source: Source, **more: object) -> SyncRun:
    """The source is looked at, to the end."""
    run = runs.start(source, by=source.owner, **more)
    assert run is not None
    while run.state in (SyncRun.State.QUEUED, SyncRun.State.RUNNING):
        SyncRun.objects.filter(pk=run.pk).update(rests_until=None)
        sync.advance(run.pk)
        run.refresh_from_db()
    return run


def outcomes(run: SyncRun) -> dict[str, str]:
    """Path, without the slash that it begins with → outcome."""
    items = run.items.filter(is_sitemap=False)
    return {re.sub(r"^https?://[^/]*/", "", item.address): item.outcome for item in items}


def page(title: str, text: str = "", *, links: tuple[str, ...] = (), head: str = "") -> str:
    """A page with a title, some words and links."""
    anchors = "".join(f'<a href="{link}">to {link}</a>' for link in links)
    words = text or f"Everything there is to know about {title}."
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body><p>{words}</p>{anchors}</body></html>"
