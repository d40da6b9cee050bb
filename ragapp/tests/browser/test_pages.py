"""Every page fits its window, wide and narrow, light and dark, and is usable by everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from documents.models import Document
from ragapp.tests.browser.conftest import NARROW, WIDE, Visit, Visitor

LOOKS = [
    pytest.param(WIDE, False, id="wide light"),
    pytest.param(WIDE, True, id="wide dark"),
    pytest.param(NARROW, False, id="narrow light"),
    pytest.param(NARROW, True, id="narrow dark"),
]


def check(visitor: Visitor, where: str) -> None:
    """No sideways scrolling, and nothing that axe finds."""
    page = visitor.page
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{where} is {overflow} px too wide"
    found = Axe().run(page).response["violations"]
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


@pytest.mark.parametrize(("size", "is_dark"), LOOKS)
def test_the_corpus_pages_fit_and_are_accessible(visit: Visit, size: tuple[int, int], is_dark: bool) -> None:
    carl = visit("corpus-admin", size=size, is_dark=is_dark)
    company = carl.site.company
    handbook = Document.objects.get(collection=company, path="handbook.pdf")

    for path in (
        "/collections/",
        "/collections/new/",
        f"/collections/{company.pk}/",
        f"/collections/{company.pk}/share/",
        f"/documents/{handbook.pk}/",
        f"/documents/{handbook.pk}/?tab=versions",
        f"/documents/{handbook.pk}/?tab=questions",
        f"/documents/{handbook.pk}/?tab=access",
        f"/documents/{handbook.pk}/share/",
        "/account/",
    ):
        carl.goto(path)
        check(carl, path)


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
