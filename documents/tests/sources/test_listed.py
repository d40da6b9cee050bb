"""What sitemaps add to a check: pages that no link leads to, and dates that spare requests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from documents.models import Document, SourcePage
from documents.sources import actions, fetching
from documents.sources.actions import Wanted
from documents.tests.sources.conftest import checked, outcomes, page
from ragapp.tests.web_server import Answer

pytestmark = pytest.mark.django_db

LONG_AGO = "2020-05-17"


def sitemap(*entries: tuple[str, str]) -> Answer:
    """Of (address, date) each."""
    listed = "".join(f"<url><loc>{address}</loc><lastmod>{date}</lastmod></url>" for address, date in entries)
    return Answer(f"<urlset>{listed}</urlset>", headers={"Content-Type": "application/xml"})


def test_a_crawl_takes_in_what_the_sitemaps_of_the_site_list_below_its_address(source, site):
    site.pages |= {
        "/robots.txt": f"Sitemap: {site.url('/s.xml')}\nSitemap: http://10.0.0.1/s.xml\nSitemap: /missing.xml",
        "/s.xml": sitemap((site.url("/docs/alone"), ""), (site.url("/blog"), ""), (site.url("/docs/pic.png"), "")),
        "/docs/": page("Docs", links=("a",)),
        "/docs/a": page("A"),
        "/docs/alone": page("Alone", links=("deep",)),
        "/docs/deep": page("Deep"),
        "/blog": page("Blog"),
    }

    run = checked(source("crawl", "/docs/", prefix="/docs/", depth=1))

    assert outcomes(run) == dict.fromkeys(("docs/", "docs/a", "docs/alone"), "added")
    assert run.counts == {"added": 3, "failed": 1}
    assert site.paths().count("/s.xml") == 1
    assert checked(run.source).counts == {"unchanged": 3, "failed": 1}


def test_lists_of_pages_and_crawls_of_one_page_leave_the_sitemaps_of_the_site_alone(source, site):
    site.pages |= {"/robots.txt": "Sitemap: /s.xml", "/s.xml": sitemap((site.url("/b"), "")), "/a": page("A")}

    checked(source("pages", "/a"))
    checked(source("crawl", "/a", depth=0))

    assert "/s.xml" not in site.paths()


def test_a_page_that_has_not_changed_by_its_sitemap_is_not_asked_for_again(source, site):
    today = timezone.now().date().isoformat()
    dates = {"/old": LONG_AGO, "/new": today, "/odd": "17.05.2020", "/none": ""}
    site.pages |= {path: page(path) for path in dates}
    site.pages["/s.xml"] = sitemap(*((site.url(path), date) for path, date in dates.items()))
    web = source("sitemap", "/s.xml")
    checked(web)
    site.asked.clear()

    run = checked(web)

    assert run.counts == {"unchanged": 4}
    assert sorted(site.paths()) == ["/new", "/none", "/odd", "/robots.txt", "/s.xml"]


def test_a_crawl_trusts_the_dates_of_the_sitemap_and_follows_the_links_it_knows(source, site):
    site.pages |= {
        "/robots.txt": "Sitemap: /s.xml",
        "/s.xml": sitemap((site.url("/a"), LONG_AGO)),
        "/": page("Start", links=("/a",)),
        "/a": page("A", links=("/b",)),
        "/b": page("B"),
    }
    web = source("crawl", "/")
    checked(web)
    site.asked.clear()

    assert checked(web).counts == {"unchanged": 3}
    assert "/a" not in site.paths()
    assert "/b" in site.paths()


@pytest.mark.parametrize("why", ["asked long ago", "missing once", "saved anew"])
def test_a_date_is_not_trusted_when_there_is_reason_to_look(source, site, owner, handbook, why):
    site.pages |= {"/a": page("A"), "/s.xml": sitemap((site.url("/a"), LONG_AGO))}
    web = source("sitemap", "/s.xml")
    checked(web)
    if why == "asked long ago":
        SourcePage.objects.update(asked_at=timezone.now() - fetching.TRUST - timedelta(days=1))
    elif why == "missing once":
        SourcePage.objects.update(missed_times=1)
    else:
        actions.save(handbook, Wanted(kind="sitemap", addresses=web.addresses, prefix=web.prefix), by=owner, source=web)
    site.pages["/a"] = page("A", "Other words stand here now.")

    assert checked(web).counts == {"changed": 1}


def test_what_robots_forbid_later_goes_however_old_its_date(source, site):
    site.pages |= {"/a": page("A"), "/b": page("B"), "/c": page("C")}
    site.pages["/s.xml"] = sitemap(*((site.url(path), LONG_AGO) for path in ("/a", "/b", "/c")))
    web = source("sitemap", "/s.xml")
    checked(web)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /a"

    checked(web)

    assert checked(web).counts == {"removed": 1, "unchanged": 2}
    assert Document.objects.count() == 2


def test_a_file_is_left_out_only_where_its_header_asks_for_it(source, site):
    def text(rules: str) -> Answer:
        return Answer("Plain words.", headers={"Content-Type": "text/plain", "X-Robots-Tag": rules})

    site.pages |= {
        "/a.txt": text("max-image-preview:none"),
        "/b.txt": text("otherbot: noindex"),
        "/c.txt": text("None"),
    }

    found = outcomes(checked(source("pages", "/a.txt", "/b.txt", "/c.txt")))

    assert found == {"a.txt": "added", "b.txt": "added", "c.txt": "skipped"}
