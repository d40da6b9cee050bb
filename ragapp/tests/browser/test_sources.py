"""A corpus admin lets a collection keep up with a part of a web site."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from documents import uploads
from documents.models import Collection, SyncRun
from documents.sources import sync
from ragapp.accounts.models import User
from ragapp.tests.browser.conftest import NARROW, WIDE, Visit
from ragapp.tests.browser.test_pages import check
from ragapp.tests.web_server import Answer, Site, serving

TEA = """<html><head><title>Tea kitchen</title></head>
<body><h1>Tea kitchen</h1><p>{}</p><a href='/wiki/mugs'>Mugs</a></body></html>"""
MUGS = (
    "<html><head><title>Mugs</title></head><body><h1>Mugs</h1><p>Mugs go into the dishwasher by six.</p></body></html>"
)


LOOKS = [pytest.param(WIDE, False, id="wide light"), pytest.param(NARROW, True, id="narrow dark")]


@pytest.fixture
def wiki(settings: Any) -> Iterator[Site]:
    with serving() as served:
        settings.OUTBOUND_ALLOW, settings.CRAWL_DELAY_S = [f"127.0.0.1:{served.port}"], 0.0
        served.pages |= {
            "/wiki/tea": TEA.format("The kettle is descaled every Friday."),
            "/wiki/mugs": MUGS,
        }
        yield served


def work() -> None:
    """What a worker does for checks."""
    waiting = SyncRun.objects.filter(state__in=("queued", "running"))
    while run := waiting.first():
        sync.advance(run.pk)


def test_a_part_of_a_site_is_tried_added_and_kept_up_with(visit: Visit, wiki: Site) -> None:
    carl = visit("corpus-admin")
    made: Collection = uploads.create_collection("Kitchen wiki", by=User.objects.get(username="corpus-admin"))
    page = carl.goto(f"/collections/{made.pk}/")
    page.get_by_role("link", name="Sources").click()
    page.get_by_role("link", name="Add a source").first.click()
    page.get_by_role("link", name="Part of a web site").click()

    page.get_by_label("Where to start").fill("http://10.0.0.1/wiki/")
    page.get_by_label("Where to start").blur()
    expect(page.locator("#errors-addresses")).to_contain_text("not on the public internet")
    page.get_by_label("Where to start").fill(wiki.url("/wiki/tea"))
    page.get_by_label("Where to start").blur()
    expect(page.locator("#errors-addresses")).to_be_empty()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#check")).to_contain_text("Waiting")
    work()
    expect(page.locator("#check")).to_contain_text("Added 2", timeout=30_000)
    expect(page.locator("#found")).to_contain_text("/wiki/mugs")

    page.get_by_role("button", name="Looks right, start").click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    work()
    expect(page.locator("#check")).to_contain_text("Done", timeout=30_000)
    page.goto(f"{carl.site.url}/collections/{made.pk}/")
    expect(page.locator("#rows tr", has_text="Tea kitchen").get_by_text("Ready")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Tea kitchen").click()
    expect(page.get_by_role("link", name="Web page")).to_have_attribute("rel", "noopener noreferrer")

    wiki.pages["/wiki/tea"] = TEA.format("The kettle is descaled every Monday.")
    wiki.pages["/wiki/mugs"] = Answer("gone", status=404)
    page.goto(f"{carl.site.url}/collections/{made.pk}/sources/")
    page.locator(".row-link", has_text="/wiki/tea").click()
    page.get_by_role("button", name="Check now").click()
    work()
    expect(page.locator("#check")).to_contain_text("Missing 1", timeout=30_000)
    expect(page.locator("#found")).to_contain_text("It stays until the next check confirms this.")
    assert made.documents.count() == 2


@pytest.mark.parametrize(("size", "is_dark"), LOOKS)
def test_the_pages_of_sources_fit_and_are_accessible(
    visit: Visit, wiki: Site, size: tuple[int, int], is_dark: bool
) -> None:
    carl = visit("corpus-admin", size=size, is_dark=is_dark)
    made = uploads.create_collection(f"Mug wiki {size[0]}", by=User.objects.get(username="corpus-admin"))
    here = f"/collections/{made.pk}/sources/"
    page = carl.goto(f"{here}new/?kind=crawl")
    page.locator("details.more summary").click()
    check(carl, "the form")
    page = carl.goto(f"{here}new/?kind=pages")
    page.get_by_label("Addresses").fill(f"{wiki.url('/wiki/tea')}\n{wiki.url('/wiki/' + 'long-' * 30)}")
    page.get_by_role("button", name="Add and check now").click()
    check(carl, "a check that begins")
    work()
    expect(page.locator("#check")).to_contain_text("Added 1", timeout=30_000)
    check(carl, "a check that is over")
    for path in (here, f"{here}{made.sources.get().pk}/"):
        carl.goto(path)
        check(carl, path)
