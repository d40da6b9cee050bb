"""Chromium, a running site, and visitors whose browsers must not complain."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from ragapp.tests.browser.site import PASSWORD, Site, running_site

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDE, NARROW = (1440, 900), (390, 844)
PATIENCE_MS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder drives Chromium, and is skipped where there is none."""
    absent = pytest.mark.skip(reason="Chromium is not installed (Debian: apt-get install chromium).")
    for item in items:
        if "ragapp/tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(absent)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests. Its event loop lives in this thread, so Django is told that this is meant."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def site(chromium: Browser, django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """The site, for all tests of this folder."""
    with django_db_blocker.unblock(), running_site() as running:
        yield running


@dataclass(kw_only=True)
class Visitor:
    """Somebody's browser window. What its console or its requests have to complain about fails the test."""

    site: Site
    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        """Opens a page of the site."""
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, username: str) -> None:
        """Through the page, as people do."""
        self.goto("/account/sign-in/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.site.url + "/")

    def ask(self, question: str) -> None:
        """Types a question, sends it with Enter and waits for the whole answer."""
        box = self.page.get_by_role("textbox", name="Your question")
        box.fill(question)
        box.press("Enter")
        turn = self.page.locator("[data-turn]", has_text=question)
        turn.locator("[data-answer]").wait_for(timeout=PATIENCE_MS)

    def hears(self, request: Request) -> None:
        """Notes requests that leave the site."""
        if urlsplit(request.url).netloc != urlsplit(self.site.url).netloc and not request.url.startswith("blob:"):
            self.complaints.append(f"request to {request.url}")

    def reads(self, message: ConsoleMessage) -> None:
        """Notes errors and warnings, refused scripts and styles among them."""
        # htmx reports a request that a newer one has overtaken.
        is_overtaken = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        if message.type in ("error", "warning") and not is_overtaken:
            self.complaints.append(f"console: {message.text}")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Visit]:
    """visit("employee", size=NARROW, is_dark=True): a window of somebody's, signed in unless the name is empty."""
    visitors: list[Visitor] = []

    def open_window(
        username: str = "", *, size: tuple[int, int] = WIDE, is_dark: bool = False, has_script: bool = True
    ) -> Visitor:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if is_dark else "light",
            java_script_enabled=has_script,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        visitor = Visitor(site=site, page=context.new_page(), context=context)
        visitor.page.on("request", visitor.hears)
        visitor.page.on("console", visitor.reads)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
        visitors.append(visitor)
        if username:
            visitor.sign_in(username)
        return visitor

    yield open_window
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
