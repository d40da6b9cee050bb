"""A corpus admin makes a collection, shares it, drops files and asks about them."""

import re

from playwright.sync_api import Locator, Page, expect

from ragapp.tests.browser.conftest import Visit

BICYCLES = b"# Bicycle leasing\n\nEvery employee may lease one bicycle for 36 months. The company pays half the rate.\n"
KEYS = b"# Key handling\n\nA lost key is reported to the front desk within two hours. A new lock costs 80 euros.\n"


def test_a_corpus_admin_makes_a_collection_shares_it_and_asks_about_what_was_dropped(visit: Visit) -> None:
    carl = visit("corpus-admin")
    page = carl.page

    page.get_by_role("link", name="Documents").click()
    page.get_by_role("link", name="New collection").click()
    page.get_by_label("Name").fill("House rules")
    page.get_by_label("Description").fill("How we live together")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="House rules")).to_be_visible()
    expect(page.get_by_text("Up to 100 MB each")).to_be_visible()

    page.get_by_role("link", name="Share").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Group").select_option(label="Everyone")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_text("3 people can read this now")).to_be_visible()
    expect(dialog.get_by_role("button", name="Add")).to_be_focused()
    dialog.get_by_label("Person").select_option(index=2)
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_label("may do")).to_have_count(3)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
    dialog.get_by_label("may do").last.select_option("Remove")
    expect(dialog.get_by_label("may do")).to_have_count(2)
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    dialog.get_by_role("button", name="Close").click()
    page.evaluate("window.sameDocument = true")

    page.locator("#files").set_input_files(
        [
            {"name": "bicycles.md", "mimeType": "text/markdown", "buffer": BICYCLES},
            {"name": "keys.md", "mimeType": "text/markdown", "buffer": KEYS},
            {"name": "nothing.md", "mimeType": "text/markdown", "buffer": b""},
        ]
    )
    expect(page.locator("[data-refusals]")).to_contain_text("nothing.md")
    for name in ("bicycles.md", "keys.md"):
        expect(page.locator("#rows tr", has_text=name).get_by_text("Ready")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-upload-status]")).to_have_text("2 ready, 1 refused")
    expect(page.locator("#facts")).to_contain_text("2 documents")
    assert page.evaluate("window.sameDocument") is True

    page.get_by_label("Choose Key handling").check()
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen")
    page.get_by_label("Choose Key handling").uncheck()
    expect(page.locator(".bulk")).to_be_hidden()

    page.get_by_role("link", name="New question").first.click()
    carl.ask("For how many months may an employee lease a bicycle?")
    expect(page.locator("[data-answer] [data-prose]")).to_contain_text("36 months")


def press_on(page: Page, wanted: Locator) -> None:
    """Goes to it with the Tab key, as far as that needs, and presses Enter."""
    for _ in range(100):
        if wanted.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    page.keyboard.press("Enter")


def choose(page: Page, field: Locator, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        press_on(page, field)
    chooser.value.set_files([{"name": "tea.md", "mimeType": "text/markdown", "buffer": content}])


def test_by_keyboard_alone_a_document_is_uploaded_replaced_compared_restored_and_then_deleted(visit: Visit) -> None:
    carl = visit("corpus-admin")
    page = carl.goto(f"/collections/{carl.site.company.pk}/")
    choose(page, page.locator("#files"), BICYCLES)
    row = page.locator("#rows tr", has_text="tea.md")
    expect(row.get_by_text("Ready")).to_be_visible(timeout=60_000)
    press_on(page, row.get_by_role("link").first)

    press_on(page, page.get_by_label("More for this document"))
    choose(page, page.get_by_label("Replace with a newer file"), KEYS)
    press_on(page, page.get_by_role("button", name="Replace", exact=True))
    expect(page.locator(".toast")).to_contain_text("Version 2 is being read")
    expect(page.locator("#state")).to_have_count(0, timeout=60_000)
    page.reload()
    press_on(page, page.get_by_role("link", name="Versions"))
    expect(page.locator(".versions li", has_text="v2").get_by_text("answers questions")).to_be_visible()
    press_on(page, page.get_by_role("button", name="What changed"))
    expect(page.locator(".diff ins").first).to_be_visible()
    page.go_back()
    press_on(page, page.get_by_text("Let this version answer again"))
    press_on(page, page.get_by_role("button", name="Restore version 1"))
    expect(page.locator(".toast")).to_contain_text("Version 1 answers questions from now on")

    page.get_by_label("More for this document").click()
    page.locator(".menu-items .confirm > summary").click()
    page.get_by_role("button", name="Delete for good").click()

    expect(page.locator(".toast")).to_contain_text("is deleted: versions 2")
    expect(page).to_have_url(re.compile(r"/receipts/\d+/$"))
    carl.goto(f"/collections/{carl.site.company.pk}/")
    expect(page.locator("#rows")).not_to_contain_text("tea.md")


def test_the_focus_stays_where_it_was_while_the_queue_draws_itself_again(visit: Visit) -> None:
    carl = visit("corpus-admin")
    page = carl.goto("/operate/queue/")
    held = page.get_by_role("link", name="orders")
    held.focus()

    with page.expect_response("**/operate/queue/"):
        pass
    expect(held).to_be_focused()
    press_on(page, held)

    press_on(page, page.get_by_text("Remove the document"))
    expect(page.get_by_role("button", name="Remove for good")).to_be_visible()


def test_an_employee_sees_no_button_that_changes_anything(visit: Visit) -> None:
    ann = visit("employee")

    page = ann.goto(f"/collections/{ann.site.company.pk}/")

    expect(page.get_by_role("link", name="Employee Handbook")).to_be_visible()
    expect(page.locator("[data-drop]")).to_have_count(0)
    expect(page.get_by_role("link", name="Share")).to_have_count(0)
    assert ann.context.request.post(f"{ann.site.url}/collections/{ann.site.company.pk}/upload/").status in (403, 404)


def test_the_palette_finds_documents_by_their_title(visit: Visit) -> None:
    ann = visit("employee")

    ann.page.keyboard.press("Control+k")
    ann.page.get_by_role("combobox", name="Find a page").fill("handbook")
    expect(ann.page.get_by_role("option", name="Employee Handbook")).to_be_visible()
    ann.page.keyboard.press("Enter")

    ann.page.wait_for_url("**/documents/*/")
