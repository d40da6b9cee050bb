"""What can be done with a conversation: branches, files of one's own, sharing; each state usable by everybody."""

from pathlib import Path

from playwright.sync_api import expect

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
