"""Checks of web sources, against a site that is served here."""

import pytest

from documents.models import Document, IngestionRun, SourcePage, SyncRun
from documents.tests.sources.conftest import checked, outcomes, page
from ragapp.tests.web_server import Answer

pytestmark = pytest.mark.django_db

XML = {"Content-Type": "application/xml"}


def test_listed_pages_become_documents_that_know_their_address(source, site, owner, handbook):
    site.pages |= {"/travel": page("Travel"), "/leave": page("Leave")}

    run = checked(source("pages", "/travel", "/leave", "/travel#again"))

    assert run.state == SyncRun.State.DONE
    assert run.counts == {"added": 2}
    travel = Document.objects.get(source_url=site.url("/travel"))
    assert (travel.title, travel.path) == ("Travel", "127.0.0.1/travel.html")
    assert (travel.collection, travel.created_by) == (handbook, owner)
    assert IngestionRun.objects.filter(version__document=travel, state=IngestionRun.State.QUEUED).exists()
    assert all(request.headers["user-agent"].startswith("ragapp/") for request in site.asked)


def test_a_crawl_stays_within_its_part_of_the_site(source, site):
    site.pages |= {
        "/docs/": page("Docs", links=("a", "/docs/b?utm_source=x", "/blog", "https://other.example/docs/", "pic.png")),
        "/docs/a": page("A", links=("/docs/deep/c", "/docs/guide.pdf", "/docs-old")),
        "/docs/b": page("B"),
        "/docs/deep/c": page("C", links=("/docs/deep/d",)),
        "/docs/deep/d": page("D"),
        "/docs/guide.pdf": Answer(b"%PDF-1.4 not really", headers={"Content-Type": "application/pdf"}),
        "/blog": page("Blog"),
        "/docs-old": page("Old"),
    }

    run = checked(source("crawl", "/docs/", prefix="/docs/", depth=2))

    assert outcomes(run) == dict.fromkeys(("docs/", "docs/a", "docs/b", "docs/deep/c", "docs/guide.pdf"), "added")
    assert not {"/blog", "/docs-old", "/docs/pic.png", "/docs/deep/d"} & set(site.paths())


def test_patterns_may_leave_out_the_page_that_a_crawl_starts_from(source, site):
    site.pages |= {
        "/": page("Start", links=("/guide/a", "/news/b")),
        "/guide/a": page("A"),
        "/news/b": page("B"),
    }

    run = checked(source("crawl", "/", include="/guide/*"))

    assert outcomes(run) == {"": "skipped", "guide/a": "added"}
    assert checked(run.source).counts == {"skipped": 1, "unchanged": 1}


def test_a_crawl_takes_as_many_pages_as_it_may(source, site):
    site.pages["/"] = page("Start", links=tuple(f"/p{n}" for n in range(9)))
    site.pages |= {f"/p{n}": page(f"P{n}") for n in range(9)}

    assert checked(source("crawl", "/", pages_max=4)).counts == {"added": 4}


def test_redirects_out_of_the_part_of_the_site_are_not_taken(source, site):
    site.pages |= {
        "/docs/": page("Docs", links=("out", "within", "private")),
        "/docs/out": Answer(status=302, headers={"Location": "/blog"}),
        "/docs/within": Answer(status=301, headers={"Location": "/docs/new"}),
        "/docs/private": Answer(status=302, headers={"Location": "http://169.254.169.254/latest/"}),
        "/docs/new": page("New"),
        "/blog": page("Blog"),
    }

    run = checked(source("crawl", "/docs/", prefix="/docs/"))

    assert outcomes(run) == {
        "docs/": "added", "docs/out": "skipped", "docs/within": "skipped", "docs/private": "skipped",
        "docs/new": "added",
    }  # fmt: skip
    assert "/blog" not in site.paths()


def test_a_listed_page_follows_redirects_within_its_site_alone(source, site):
    site.pages |= {
        "/a": Answer(status=302, headers={"Location": "/b"}),
        "/b": page("B"),
        "/login": Answer(status=302, headers={"Location": "http://login.example/"}),
    }

    assert outcomes(checked(source("pages", "/a", "/login"))) == {"a": "added", "login": "failed"}


def test_what_robots_and_pages_ask_is_respected(source, site):
    site.pages |= {
        "/robots.txt": Answer("User-agent: *\nDisallow: /private"),
        "/": page("Start", links=("/private/a", "/noindex", "/nofollow", "/header")),
        "/private/a": page("Private"),
        "/noindex": page("Noindex", head='<meta name="robots" content="noindex">', links=("/from-noindex",)),
        "/nofollow": page("Nofollow", head='<meta name="robots" content="nofollow">', links=("/from-nofollow",)),
        "/header": Answer(page("Header"), headers={"Content-Type": "text/html", "X-Robots-Tag": "noindex"}),
        "/from-noindex": page("From noindex"),
        "/from-nofollow": page("From nofollow"),
    }

    found = outcomes(checked(source("crawl", "/")))

    assert [path for path, outcome in found.items() if outcome == "added"] == ["", "nofollow", "from-noindex"]
    assert {"/private/a", "/from-nofollow"}.isdisjoint(site.paths())


def test_nothing_is_read_while_robots_cannot_be_had(source, site):
    site.pages |= {"/robots.txt": Answer("busy", status=503), "/": page("Start")}

    run = checked(source("pages", "/"))

    assert run.state == SyncRun.State.FAILED
    assert "robots.txt" in run.failure
    assert site.paths() == ["/robots.txt"]


def test_a_page_that_names_another_as_its_address_is_taken_there(source, site):
    head = '<link rel="canonical" href="/travel">'
    site.pages |= {
        "/": page("Start", links=("/travel?print=1",)),
        "/travel?print=1": page("Travel", head=head),
        "/travel": page("Travel", head=head),
    }

    assert outcomes(checked(source("crawl", "/"))) == {"": "added", "travel?print=1": "skipped", "travel": "added"}


def test_a_sitemap_and_those_it_names_are_read(source, site):
    site.pages |= {
        "/sitemap.xml": Answer(f"<sitemapindex><sitemap><loc>{site.url('/s.xml')}</loc></sitemap>"
                               "<sitemap><loc>http://other.example/s.xml</loc></sitemap></sitemapindex>", headers=XML),
        "/s.xml": Answer(f"<urlset><url><loc>{site.url('/a')}</loc></url>"
                         "<url><loc>http://10.0.0.1/</loc></url></urlset>", headers=XML),
        "/a": page("A"),
    }  # fmt: skip

    run = checked(source("sitemap", "/sitemap.xml"))

    assert outcomes(run) == {"a": "added"}
    assert run.counts == {"added": 1}


def test_an_unchanged_page_costs_nothing(source, site):
    def answer(request):
        if request.headers.get("if-none-match") == '"1"':
            return Answer(status=304, headers={"ETag": '"1"'})
        return Answer(page("Start", links=("/plain",)), headers={"Content-Type": "text/html", "ETag": '"1"'})

    visits = iter(range(9))
    site.pages |= {"/": answer, "/plain": lambda request: Answer(page("Plain", head=f"<meta name=n{next(visits)}>"))}
    web = source("crawl", "/")
    checked(web)
    before = SourcePage.objects.get(address=site.url("/")).checked_at

    run = checked(web)

    assert run.counts == {"unchanged": 2}
    assert IngestionRun.objects.count() == 2
    assert SourcePage.objects.get(address=site.url("/")).checked_at > before


def test_a_changed_page_becomes_the_next_version_of_its_document(source, site):
    site.pages["/"] = page("Travel", "Trains come first, and planes only above 500 km.")
    web = source("pages", "/")
    checked(web)
    site.pages["/"] = page("Travel", "Trains come first, and planes only above 800 km.")

    assert checked(web).counts == {"changed": 1}
    assert [version.number for version in Document.objects.get().versions.all()] == [2, 1]
