"""What pages, sitemaps and robots.txt say."""

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from documents.sources import reading, robots, sitemap
from documents.sources.sitemap import NoSitemap

URL = "https://example.com/docs/start"


def test_a_page_says_its_title_its_address_and_where_it_leads():
    body = b"""<html><head><title> Travel &amp;
      expenses </title><link rel="canonical" href="/docs/travel"><base href="/docs/sub/"></head>
      <body><script>var x = '<a href="/no">';</script><p>Words</p>
      <a href="a">A</a> <a href="a#b">A</a> <a rel="nofollow" href="/b">B</a>
      <a href="mailto:x@y">M</a></body></html>"""

    page = reading.read(body, url=URL)

    assert page.title == "Travel & expenses"
    assert page.canonical == "https://example.com/docs/travel"
    assert page.links == ("https://example.com/docs/sub/a",)
    assert "Words" in page.text
    assert "var x" not in page.text


@pytest.mark.parametrize(
    ("meta", "header", "is_noindex", "follows"),
    [
        ("noindex", "", True, True),
        ("noindex, nofollow", "", True, False),
        ("", "noindex", True, True),
        ("NONE", "", True, False),
        ("nofollow", "", False, False),
        ("index, follow", "", False, True),
        ("max-image-preview:none", "max-image-preview: none, max-snippet:-1", False, True),
        ("", "otherbot: noindex, nofollow", False, True),
        ("", "otherbot: nofollow, Ragapp: NoIndex", True, True),
        ("", "unavailable_after: 25 Jun 2040 15:00:00 PST, none", True, False),
    ],
)
def test_a_page_can_ask_to_be_left_out_and_not_to_be_followed(meta, header, is_noindex, follows):
    body = f'<meta name="robots" content="{meta}"><a href="/a">A</a>'.encode()

    page = reading.read(body, url=URL, asked=robots.header_rules(header))

    assert page.is_noindex == is_noindex
    assert bool(page.links) == follows


def test_a_page_in_another_encoding_is_read_by_its_header():
    body = "<title>Übersicht</title><p>Größe</p>".encode("iso-8859-15")

    assert reading.read(body, url=URL, charset="iso-8859-15").title == "Übersicht"
    assert reading.in_utf8(body, "iso-8859-15").decode("utf-8-sig").startswith("<title>Übersicht")
    assert reading.in_utf8(body, "unknown-8") == body
    assert reading.charset_of('text/html; Charset="ISO-8859-15"') == "iso-8859-15"


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"<" * 20_000, b"<div>" * 20_000, b"\xff\xfe<a>"])
def test_a_broken_page_says_little_and_breaks_nothing(body):
    assert reading.read(body, url=URL).links == ()


def test_a_sitemap_lists_pages_and_further_sitemaps():
    pages = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <url><loc> https://example.com/a </loc></url><url><loc>/b#x</loc></url></urlset>"""
    index = b"<sitemapindex><sitemap><loc>https://example.com/s.xml.gz</loc></sitemap></sitemapindex>"

    assert sitemap.read(pages, url=URL).pages == ("https://example.com/a", "https://example.com/b")
    assert sitemap.read(gzip.compress(index), url=URL).sitemaps == ("https://example.com/s.xml.gz",)
    assert sitemap.read(b"https://example.com/a\nhttps://example.com/b\n", url=URL).pages[1] == "https://example.com/b"


@pytest.mark.parametrize(
    ("date", "end"),
    [
        ("2026-02-28T10:00:00.5+02:00", datetime(2026, 2, 28, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-02-28T10:00Z", datetime(2026, 2, 28, 10, tzinfo=UTC)),
        ("2026-02-28", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2024-02", datetime(2024, 3, 1, 12, tzinfo=UTC)),
        ("2025", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        *((other, None) for other in ("", "28.02.2026", "2026-02-30", "2026-02-28T10:00", "9999-12-31", "yesterday")),
    ],
)
def test_a_date_in_a_sitemap_counts_to_its_end_and_only_as_a_w3c_date(date, end):
    listed = f"<urlset><url><lastmod>\n{date} </lastmod><loc>/a</loc></url><url><loc>/b</loc></url></urlset>"

    assert sitemap.read(listed.encode(), url=URL).changed == ({"https://example.com/a": end} if end else {})


def _bomb() -> bytes:
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE x [<!ENTITY a0 "lol">{entities}]><urlset><url><loc>&a9;</loc></url></urlset>'.encode()


@pytest.mark.parametrize(
    "body",
    [
        _bomb(),
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><urlset><url><loc>&f;</loc></url></urlset>',
        b"<urlset><url><loc>https://example.com/a</loc></url>",
        b"<html><body>Not found</body></html>",
        b"",
        gzip.compress(b"<urlset>")[:-4],
        gzip.compress(b"\n" * (sitemap.UNPACKED_MAX + 1)),
        zlib.compress(b"<urlset/>"),
    ],
    ids=["bomb", "entity", "cut", "page", "empty", "cut-gzip", "gzip-bomb", "zlib"],
)
def test_what_is_no_sitemap_is_refused(body):
    with pytest.raises(NoSitemap):
        sitemap.read(body, url=URL)


def test_robots_are_obeyed():
    text = b"User-agent: *\nDisallow: /private\nCrawl-delay: 2\n\nUser-agent: other\nDisallow: /\n"
    found = robots.from_reply(200, text)

    assert found.permits("https://example.com/docs")
    assert not found.permits("https://example.com/private/a")
    assert found.delay_s() == 2.0
    assert not robots.from_reply(200, b"User-agent: ragapp\nDisallow: /").permits(URL)


def test_robots_name_sitemaps_for_everybody():
    text = (
        "User-agent: other\nDisallow: /\nSitemap: /s.xml\nsitemap: https://example.com/t.xml # more\nSitemap: ftp://x"
    )

    named = robots.from_reply(200, text.encode()).sitemaps("https://example.com")

    assert named == ("https://example.com/s.xml", "https://example.com/t.xml")


def test_a_site_without_robots_permits_all_and_one_in_trouble_nothing():
    assert robots.from_reply(404, b"").permits(URL)
    assert not robots.from_reply(503, b"").permits(URL)
    assert robots.from_reply(200, b"\xff\xfe<html>").permits(URL)
    assert "\0" not in robots.from_reply(200, b"User-agent: *\0").text
