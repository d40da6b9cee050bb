"""An answer while it is being written: sources first, Stop, reload, and a session that ends."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from chat import following
from ragapp.tests.browser.conftest import Visit, Visitor
from ragapp.tests.scripted_llm import ScriptedLLM

QUESTION = "How many days of paid annual leave do I get?"


@pytest.fixture
def slow_model(settings: Any) -> Iterator[ScriptedLLM]:
    """A language model that takes a quarter of a second for each word."""
    with ScriptedLLM("slow") as llm:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = llm.base_url, "scripted", "none"
        yield llm


def begin(visitor: Visitor) -> None:
    """Asks, and comes back once the sources are there."""
    box = visitor.page.get_by_role("textbox", name="Your question")
    box.fill(QUESTION)
    box.press("Enter")
    visitor.page.locator("[data-running] .source-chip").first.wait_for()


def test_sources_come_before_the_first_word_and_stop_replaces_send(visit: Visit, slow_model: ScriptedLLM) -> None:
    ann = visit("employee")

    begin(ann)
    expect(ann.page.locator("[data-streaming]")).to_have_text("")
    expect(ann.page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
    ann.page.get_by_role("button", name="Stop").click()

    expect(ann.page.get_by_text("Stopped before the first sentence.")).to_be_visible()
    expect(ann.page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_after_a_reload_the_same_answer_goes_on(visit: Visit, slow_model: ScriptedLLM) -> None:
    ann = visit("employee")
    begin(ann)

    ann.page.reload()

    expect(ann.page.get_by_role("button", name="Stop")).to_be_visible()
    expect(ann.page.locator("[data-answer] [data-prose]")).to_contain_text("27 days", timeout=60_000)
    # The conversation is named by a call of its own.
    assert sum("<source" in call.prompt for call in slow_model.calls) == 1


def test_a_session_that_ends_leads_to_the_sign_in_page(
    visit: Visit, slow_model: ScriptedLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RIGHTS_CHECK_S", 0.2)
    ann = visit("employee")
    begin(ann)

    Session.objects.all().delete()

    ann.page.wait_for_url(re.compile(r"/account/sign-in/\?next=%2Fc%2F"))


def test_a_model_that_fails_leaves_the_documents_own_sentences_and_says_so(
    visit: Visit, slow_model: ScriptedLLM
) -> None:
    slow_model.always("fail")
    ann = visit("employee")

    ann.ask(QUESTION)

    expect(ann.page.locator("[data-answer] [data-prose]")).to_contain_text("27 days")
    expect(ann.page.locator("[data-answer] .notice")).to_be_visible()
