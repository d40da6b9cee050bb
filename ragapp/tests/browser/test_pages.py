"""Every page fits its window, wide and narrow, light and dark, and is usable by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from documents.indexes import reports
from documents.models import Document, IndexReport, IndexVersion, Source
from ragapp.accounts.models import User
from ragapp.tests.browser.conftest import NARROW, WIDE, Visit, Visitor

# Colours follow the theme and places the width: two looks show both of each.
LOOKS = [pytest.param(WIDE, False, id="wide light"), pytest.param(NARROW, True, id="narrow dark")]


def check(visitor: Visitor, where: str) -> None:
    """No sideways scrolling, and nothing that axe finds."""
    page = visitor.page
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{where} is {overflow} px too wide"
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert found == [], f"{where}: " + "; ".join(
        f"{one['id']}: {one['nodes'][0]['html'][:200]} ({one['nodes'][0].get('failureSummary', '')[:200]})"
        for one in found
    )


@pytest.mark.parametrize(("size", "is_dark"), LOOKS)
def test_the_chat_fits_and_is_accessible(visit: Visit, size: tuple[int, int], is_dark: bool) -> None:
    ann = visit("employee", size=size, is_dark=is_dark)
    check(ann, "home")

    ann.ask("How many days of paid annual leave do I get?")
    ann.page.get_by_role("link", name="Why this answer?").click()
    ann.page.locator(".why-body").wait_for()
    check(ann, "conversation")

    ann.page.locator("a.cite").first.click()
    ann.page.locator(".source-body").wait_for()
    check(ann, "source")


def test_a_longer_conversation_and_a_palette_that_finds_nothing_are_accessible(visit: Visit) -> None:
    ann = visit("employee", size=NARROW)
    page = ann.page
    ann.ask("Who may lend a company car?")
    ann.ask("How many days of paid annual leave do I get? " + "Donaudampfschifffahrtsgesellschaft" * 8)
    page.locator(".question-edit summary").first.click()
    expect(page.get_by_label("The question in other words").first).to_be_focused()
    check(ann, "two questions, one of them being edited")

    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("qqqqzzzz")
    expect(page.locator("#palette-results")).to_contain_text("Nothing found")
    check(ann, "a palette that finds nothing")


@pytest.mark.parametrize(("size", "is_dark"), LOOKS)
def test_the_corpus_pages_fit_and_are_accessible(visit: Visit, size: tuple[int, int], is_dark: bool) -> None:
    carl = visit("corpus-admin", size=size, is_dark=is_dark)
    company = carl.site.company
    handbook = Document.objects.get(collection=company, path="handbook.pdf")
    orders = Document.objects.get(collection=company, path="orders.md")
    owner = User.objects.get(username="corpus-admin")
    source, _ = Source.objects.get_or_create(collection=company, addresses="https://example.org/", owner=owner)
    _measure_the_index()

    for path in (
        "/collections/",
        "/collections/new/",
        f"/collections/{company.pk}/",
        f"/collections/{company.pk}/share/",
        f"/documents/{handbook.pk}/",
        f"/documents/{handbook.pk}/?tab=versions",
        f"/documents/{handbook.pk}/?tab=questions",
        f"/documents/{handbook.pk}/?tab=access",
        f"/documents/{handbook.pk}/?tab=lineage",
        f"/documents/{handbook.pk}/?tab=personal_data",
        f"/documents/{handbook.pk}/?tab=quality",
        f"/documents/{handbook.pk}/passages/?passage=4",
        f"/documents/{handbook.pk}/change/",
        f"/documents/{handbook.pk}/share/",
        f"/documents/{orders.pk}/",
        f"/collections/{company.pk}/quality/",
        f"/collections/{company.pk}/personal-data/",
        f"/collections/{company.pk}/sources/",
        f"/collections/{company.pk}/sources/new/?kind=crawl",
        f"/collections/{company.pk}/sources/{source.pk}/",
        "/receipts/",
        "/operate/",
        "/operate/queue/",
        "/operate/held/",
        "/operate/indexes/",
        "/operate/index-advice/",
        "/account/",
    ):
        carl.goto(path)
        check(carl, path)

    page = carl.goto("/operate/explain/")
    page.get_by_role("textbox", name="Question", exact=True).fill("How many days of annual leave do I get?")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".badge", has_text="kept").first).to_be_visible()
    check(carl, "explained")


def _measure_the_index() -> None:
    """Advice on the live index, and a comparison that stands for one with another index."""
    if IndexReport.objects.exists():
        return
    live = IndexVersion.objects.get(is_live=True)
    advice = reports.advise_on_live(by=None)
    assert advice is not None
    reports.make(advice.pk)
    found = {"mean": 0.5, "low": 0.4, "high": 0.6}
    figures = {"questions": 9, "overlap@10": found, "ndcg@10": [found, found], "difference": found, "ms p50": [8, 9]}
    IndexReport.objects.create(kind="comparison", index_version=live, baseline=live, state="done", figures=figures)


@pytest.mark.parametrize(("size", "is_dark"), LOOKS)
def test_the_pages_before_signing_in_fit_and_are_accessible(visit: Visit, size: tuple[int, int], is_dark: bool) -> None:
    nobody = visit(size=size, is_dark=is_dark)

    nobody.goto("/account/sign-in/")

    check(nobody, "sign-in")


def test_the_theme_that_was_chosen_stays(visit: Visit) -> None:
    ann = visit("employee")

    ann.page.get_by_role("button", name="Colours: light, dark or as the system").click()
    ann.page.reload()

    expect(ann.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_question_mark_lists_the_shortcuts(visit: Visit) -> None:
    ann = visit("employee")
    ann.page.locator("main").focus()

    ann.page.keyboard.press("?")

    expect(ann.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_the_skip_link_leads_past_the_sidebar(visit: Visit) -> None:
    ann = visit("employee")
    ann.goto("/collections/")

    ann.page.keyboard.press("Tab")
    expect(ann.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    ann.page.keyboard.press("Enter")

    expect(ann.page.locator("main")).to_be_focused()
