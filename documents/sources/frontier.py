"""What a check still has to look at: where it begins, and what it comes upon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from documents.models import Source, SourcePage, SyncItem, SyncRun
from documents.sources import folder
from documents.sources.addresses import Scope, as_in, lines, may_be_document, normal, scope_of

SITEMAPS_DEPTH, SITEMAPS_MAX = 3, 200
# A crawl has links to go by: it does not read every list of a large site.
CRAWL_SITEMAPS_MAX = 20


def begin(run: SyncRun) -> None:
    """The addresses that a check begins with; safe to call twice. Raises FolderRefused."""
    source = run.source
    if source.kind == Source.Kind.FOLDER:
        root, scope = folder.checked(source.addresses.strip()), scope_of(source)
        add(run, [path for path in folder.files_in(root) if not scope.why_left_out(f"/{path}")])
        return
    listed = [normal(line) for line in lines(source.addresses)]
    add(run, listed, is_sitemap=source.kind == Source.Kind.SITEMAP)
    if source.kind == Source.Kind.CRAWL:
        # Pages that nothing leads to any more are still asked for: only the site can say that one is gone.
        known = SourcePage.objects.filter(source=source, document__isnull=False).values_list("address", "depth")
        SyncItem.objects.bulk_create(
            [SyncItem(run=run, address=address, depth=depth) for address, depth in known], ignore_conflicts=True
        )


def add(run: SyncRun, addresses: Iterable[str], *, depth: int = 0, is_sitemap: bool = False) -> None:
    """Take `addresses` up, each once, up to the limit of the check."""
    there = run.items.filter(is_sitemap=is_sitemap)
    sitemaps_max = CRAWL_SITEMAPS_MAX if run.source.kind == Source.Kind.CRAWL else SITEMAPS_MAX
    left = (sitemaps_max if is_sitemap else run.pages_max) - there.count()
    fresh = [address for address in dict.fromkeys(addresses) if address]
    known = set(run.items.filter(address__in=fresh).values_list("address", flat=True))
    items = [
        SyncItem(run=run, address=address, depth=depth, is_sitemap=is_sitemap)
        for address in fresh
        if address not in known
    ]
    SyncItem.objects.bulk_create(items[: max(left, 0)], ignore_conflicts=True)


def add_links(run: SyncRun, links: Iterable[str], *, depth: int) -> None:
    """Take up what a page leads to, where it belongs to the source."""
    if run.source.kind == Source.Kind.CRAWL and depth <= run.source.depth:
        scope = scope_of(run.source)
        add(run, [link for link in belonging(links, scope) if may_be_document(link)], depth=depth)


def add_listed(run: SyncRun, listed: Iterable[str], changed: Mapping[str, datetime]) -> None:
    """Take up what a sitemap lists, where it belongs to the source, and note when it `changed`.

    In a crawl the lists count like links of the page that it begins with.
    """
    prefix = run.source.prefix
    if run.source.kind == Source.Kind.CRAWL:
        add_links(run, listed, depth=1)
    else:
        add(run, belonging(listed, scope_of(run.source)))
    dates = {as_in(address, prefix) if prefix else address: moment for address, moment in changed.items()}
    items = [item for item in run.items.filter(is_sitemap=False, outcome="") if item.address in dates]
    for item in items:
        # Where lists disagree, the later date counts.
        item.changed_at = max(dates[item.address], item.changed_at or dates[item.address])
    SyncItem.objects.bulk_update(items, ["changed_at"], batch_size=500)


def belonging(addresses: Iterable[str], scope: Scope) -> list[str]:
    """Those of `addresses` that lie in `scope`, spelled like its prefix."""
    alike = (as_in(address, scope.prefix) if scope.prefix else address for address in addresses)
    return [address for address in alike if not scope.why_not(address)]


def next_item(run: SyncRun) -> SyncItem | None:
    """Sitemaps first, then what is nearest to the beginning."""
    return run.items.filter(outcome="").order_by("-is_sitemap", "depth", "pk").first()


def is_complete(run: SyncRun) -> bool:
    """Whether all that the source lists has been seen: no list was cut, none failed to load."""
    cut = run.items.filter(is_sitemap=False).count() >= run.pages_max
    return not cut and not run.items.filter(is_sitemap=True, outcome=SyncItem.Outcome.FAILED).exists()
