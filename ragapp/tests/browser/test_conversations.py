"""What can be done with a conversation: branches, files of one's own, sharing; each state usable by everybody."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect

from chat.models import Turn
from ragapp.tests.browser.conftest import NARROW, Visit
from ragapp.tests.browser.test_pages import check

QUESTION = "How many days of paid annual leave do I get?"
OFFER = (
    "# Offer for marigold seeds\n\n## Price of marigold seeds\n\nA sack of marigold seeds costs 412 EUR in spring.\n"
)


def test_a_question_is_edited_and_both_versions_can_be_walked_to(visit: Visit) -> None:
    ann = visit("employee", size=NARROW, is_dark=True)
    page = ann.page
    ann.ask(QUESTION)

    page.get_by_text("Edit", exact=True).click()
    check(ann, "editing")
    page.get_by_label("The question in other words").fill("How many days of parental leave are there?")
    page.get_by_role("button", name="Ask this instead").click()
    edited = page.locator("[data-turn]", has_text="How many days of parental leave are there?")
    edited.locator("[data-answer]").wait_for()
    edited.get_by_text("2 of 2").wait_for()

    page.get_by_role("button", name="The one before").click()
    expect(page.locator("h2.question")).to_have_text(QUESTION)
    expect(page.locator("[data-turn]")).to_have_count(1)
    page.get_by_role("button", name="Again").click()
    answers = page.get_by_role("group", name="Answers to this question")
    answers.get_by_text("2 of 2").wait_for()
    answers.get_by_role("button", name="The one before").click()
    answers.get_by_text("1 of 2").wait_for()
    check(ann, "branches")


def test_a_file_answers_in_its_conversation_and_stays_closed_in_a_shared_one(visit: Visit, tmp_path: Path) -> None:
    ann = visit("employee")
    page = ann.page
    (tmp_path / "offer.md").write_text(OFFER)
    page.get_by_role("textbox", name="Your question").press_sequentially("What does")

    page.get_by_label("Attach a file").set_input_files(tmp_path / "offer.md")
    page.wait_for_url("**/c/*/")
    expect(page.get_by_role("textbox", name="Your question")).to_have_value("What does")
    page.locator(".file-ready").wait_for()
    check(ann, "attached")
    ann.ask("What does a sack of marigold seeds cost?")
    expect(page.locator("[data-prose]")).to_contain_text("412 EUR")

    page.get_by_label("More for this conversation").click()
    check(ann, "menu")
    page.get_by_role("link", name="Share inside the company").click()
    page.get_by_role("button", name="Make a link").click()
    check(ann, "share")
    link = page.get_by_label("The link", exact=True).input_value()

    rita = visit("reviewer")
    rita.page.goto(link)
    expect(rita.page.get_by_text("Something is withheld here")).to_be_visible()
    expect(rita.page.get_by_text("412 EUR")).to_have_count(0)
    check(rita, "shared")

    ann.goto("/search/?q=marigold")
    expect(page.locator("mark").first).to_have_text("marigold")
    check(ann, "search")


def test_undo_is_reached_by_its_key(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask("Who looks after the plants?")
    ann.page.get_by_label("More for this conversation").click()
    ann.page.locator("#chat-head").get_by_role("button", name="Delete").click()
    ann.page.get_by_role("button", name="Undo").wait_for()

    ann.page.locator("#main").focus()
    ann.page.keyboard.press("z")

    expect(ann.page.locator("#history").get_by_role("link", name="Who looks after the plants?")).to_be_visible()


def test_in_two_windows_on_one_conversation_no_question_is_lost(visit: Visit) -> None:
    left, right = visit("employee"), visit("employee")
    left.ask(QUESTION)
    right.goto(urlsplit(left.page.url).path)

    left.ask("How many unused days may be carried over?")
    right.ask("How many days of parental leave do I get?")
    for window in (left, right):
        window.page.reload()

        # The later one is shown, and the one before stands beside it.
        place = window.page.locator("[data-turn]").last.get_by_text("2 of 2")
        expect(place).to_be_visible()
    left.page.locator("[data-turn]").last.get_by_role("button", name="The one before").click()
    expect(left.page.locator("[data-turn]").last).to_contain_text("How many unused days may be carried over?")


def test_a_double_click_on_send_asks_once(visit: Visit) -> None:
    ann = visit("employee")
    ann.page.get_by_role("textbox", name="Your question").fill("How long is the notice for parental leave?")

    ann.page.get_by_role("button", name="Ask", exact=True).dblclick()

    ann.page.locator("[data-answer]").wait_for()
    expect(ann.page.locator("[data-turn]")).to_have_count(1)
    assert Turn.objects.filter(question="How long is the notice for parental leave?").count() == 1


def test_menu_and_palette_are_accessible_and_escape_closes_them(visit: Visit) -> None:
    ann = visit("employee", size=NARROW)
    page = ann.page
    ann.ask(QUESTION)

    page.get_by_label("More for this conversation").click()
    check(ann, "menu")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Rename")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("leave")
    page.locator("#palette-results a").first.wait_for()
    check(ann, "palette")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
