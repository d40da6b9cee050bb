"""A reviewer judges an answer with the keyboard alone, and makes a golden answer of what they wrote."""

from playwright.sync_api import expect

from ragapp.tests.browser.conftest import NARROW, Visit

QUESTION = "How many days of parental leave does every employee receive?"


def test_an_answer_is_judged_and_kept_by_keyboard(visit: Visit) -> None:
    asker = visit("reviewer")
    asker.ask(QUESTION)
    page = asker.goto("/admin/chat/answer/?q=every+employee+receive")
    page.get_by_role("link", name=QUESTION).first.click()
    page.get_by_role("button", name="Review this answer").click()
    expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
    expect(page.locator(".rv-sources mark").first).to_contain_text("60 days")

    for key in ("1", "1", "2", "e"):
        page.keyboard.press(key)
    page.keyboard.type("Sixty days. [1]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("parental leave")
    page.keyboard.press("Enter")
    expect(page.locator(".rv-passage em", has_text="found").first).to_be_visible()
    expect(page.get_by_label("What it should have said")).to_have_value("Sixty days. [1]")
    expect(page.locator("input[name=correct][value=no]")).to_be_checked()
    item = page.url
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("g")
    expect(page.get_by_label("Question")).to_have_value(QUESTION)
    expect(page.get_by_role("textbox", name="Answer")).to_have_value("Sixty days. [1]")
    page.goto(item)
    expect(page.get_by_role("heading", name="Reviews so far")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(item)
    page.keyboard.press("g")
    expect(page.get_by_label("Question")).to_have_value(QUESTION)
    page.get_by_label("Given to askers").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/goldenanswer/")

    asker.goto("/")
    asker.ask(QUESTION)
    expect(page.get_by_text("A person has checked this answer.")).to_be_visible()


def test_the_desk_fits_a_telephone(visit: Visit) -> None:
    narrow = visit("reviewer", size=NARROW)
    narrow.ask("How many days of annual leave does every employee have?")
    page = narrow.goto("/admin/chat/answer/?q=annual+leave+does+every")
    page.get_by_role("link", name="annual leave does every").first.click()
    page.get_by_role("button", name="Review this answer").click()
    expect(page.locator(".rv-form")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
