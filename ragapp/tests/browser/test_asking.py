"""An employee asks, reads, checks the source, and says what they think."""

from playwright.sync_api import expect

from chat.models import Answer, Citation, Conversation, Turn
from documents.models import Chunk
from ragapp.accounts.models import User
from ragapp.tests.browser.conftest import NARROW, Visit


def refused_question(question: str) -> Conversation:
    """Stored as the pipeline stores a refusal, with the first passage of the handbook as the nearest."""
    passage = Chunk.objects.filter(document__path="handbook.pdf").select_related("version").order_by("ordinal")[2]
    conversation = Conversation.objects.create(user=User.objects.get(username="employee"), title=question)
    turn = Turn.objects.create(conversation=conversation, ordinal=0, question=question)
    answer = Answer.objects.create(
        turn=turn,
        state="done",
        status="not_found",
        text="No answer to this was found in your documents.",
        model="extractive",
    )
    Citation.objects.create(
        answer=answer,
        marker=1,
        document_id=passage.document_id,
        version_id=passage.version_id,
        extraction_id=passage.extraction_id,
        chunk_id=passage.pk,
        start=passage.start,
        end=passage.end,
        quote_start=passage.start,
        quote_end=passage.end,
        quote=passage.text,
        title="Employee Handbook",
        version_number=passage.version.number,
        page=passage.page,
        is_support=False,
    )
    return conversation


QUESTION = "How many days of paid annual leave do I get?"


def test_an_employee_asks_follows_a_citation_and_gives_feedback(visit: Visit) -> None:
    ann = visit("employee")
    page = ann.page

    ann.ask(QUESTION)
    answer = page.locator("[data-answer]")
    expect(answer.locator("[data-prose]")).to_contain_text("27 days")
    expect(page.locator("#announcer")).to_contain_text("Done")
    page.wait_for_url("**/c/*/")

    chip = answer.locator("a.cite").first
    chip.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Source")
    expect(panel.get_by_role("heading", name="Employee Handbook")).to_be_focused()
    expect(panel.locator("svg rect").first).to_be_attached()
    expect(panel.get_by_role("img")).to_have_js_property("complete", True)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(chip).to_be_focused()

    answer.get_by_role("button", name="Not helpful").click()
    answer.get_by_label("Incomplete").check()
    answer.get_by_label("Comment (optional)").fill("What about part time?")
    answer.get_by_role("button", name="Send", exact=True).click()
    expect(answer.get_by_text("Thank you")).to_be_visible()

    page.reload()
    expect(page.locator("#history").get_by_role("link", name=QUESTION)).to_have_attribute("aria-current", "page")
    expect(answer.get_by_role("button", name="Not helpful")).to_have_attribute("aria-pressed", "true")


def test_a_follow_up_stays_in_the_conversation_without_loading_the_page_again(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask("What is the notice period for on-call duty swaps?")
    ann.page.evaluate("window.sameDocument = true")

    ann.ask("And how many days of annual leave are there?")

    assert ann.page.evaluate("window.sameDocument") is True
    expect(ann.page.locator("[data-turn]")).to_have_count(2)
    expect(ann.page.get_by_role("textbox", name="Your question")).to_have_value("")


def test_a_refusal_shows_the_nearest_passages_and_asks_a_person(visit: Visit) -> None:
    ann = visit("employee")
    conversation = refused_question("What is the boiling point of tungsten?")

    ann.goto(f"/c/{conversation.pk}/")

    ending = ann.page.locator(".ending-not-found")
    expect(ending.get_by_role("heading", name="Not found in your documents")).to_be_visible()
    ending.get_by_role("link", name="Employee Handbook").click()
    expect(ann.page.get_by_role("complementary", name="Source").locator("svg rect").first).to_be_attached()
    ending.get_by_text("Ask a person").click()
    ending.get_by_role("button", name="Send the question").click()
    expect(ending.get_by_text("Your question is with the reviewers")).to_be_visible()


def test_why_this_answer_tells_what_was_searched_and_how_long_it_took(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask(QUESTION)

    ann.page.get_by_role("link", name="Why this answer?").click()

    why = ann.page.locator(".why-body")
    expect(why.get_by_text("Question as understood")).to_be_visible()
    expect(why.get_by_role("link", name="Employee Handbook").first).to_be_visible()
    expect(why.locator("svg.time-bar rect").first).to_be_attached()


def test_copy_takes_the_sources_along(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask(QUESTION)

    ann.page.get_by_role("button", name="Copy").click()
    expect(ann.page.get_by_role("button", name="Copied")).to_be_visible()

    copied = ann.page.evaluate("navigator.clipboard.readText()")
    assert "27 days" in copied
    assert "[1] Employee Handbook, v1" in copied


def test_a_deleted_conversation_comes_back_with_undo(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask("Who may work from abroad, and for how long?")
    title = "Who may work from abroad, and for how long?"

    ann.page.get_by_label("More for this conversation").click()
    ann.page.locator("#chat-head").get_by_role("button", name="Delete").click()
    ann.page.wait_for_url(ann.site.url + "/")
    expect(ann.page.locator("#history").get_by_role("link", name=title)).to_have_count(0)

    ann.page.get_by_role("button", name="Undo").click()
    expect(ann.page.locator("#history").get_by_role("link", name=title)).to_be_visible()


def test_back_does_not_lead_to_a_conversation_that_is_deleted(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask("Who may lease a bicycle here?")
    ann.page.get_by_label("More for this conversation").click()
    ann.page.locator("#chat-head").get_by_role("button", name="Delete").click()
    ann.page.wait_for_url(ann.site.url + "/")

    ann.page.go_back()

    expect(ann.page.get_by_role("heading", name="Hello Ann")).to_be_visible()


def test_the_tab_is_named_after_the_conversation(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask(QUESTION)
    expect(ann.page).to_have_title(f"{QUESTION} · ragapp")

    ann.page.get_by_label("More for this conversation").click()
    ann.page.locator("#chat-head").get_by_label("Title").fill("Holidays")
    ann.page.locator("#chat-head").get_by_role("button", name="Rename").click()

    expect(ann.page).to_have_title("Holidays · ragapp")
    expect(ann.page.locator("#chat-head h1")).to_be_visible()


def test_a_very_long_question_is_folded(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask("Please tell me about annual leave. " * 60)

    whole = ann.page.locator(".question-rest")
    expect(whole).to_be_hidden()
    ann.page.get_by_text("Show all").click()
    expect(whole).to_be_visible()


def test_feedback_can_be_completed_after_a_reload_and_taken_back(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask(QUESTION)
    page = ann.page
    page.get_by_role("button", name="Not helpful").click()
    send = page.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_in_viewport()
    bottom, dock = send.bounding_box(), page.locator(".dock").bounding_box()
    assert bottom is not None
    assert dock is not None
    assert bottom["y"] + bottom["height"] <= dock["y"]

    page.reload()
    expect(send).to_be_hidden()
    page.get_by_text("Add a reason").click()
    page.get_by_label("Incomplete").check()
    send.click()
    expect(page.locator("[data-answer]").get_by_text("Thank you")).to_be_visible()

    page.get_by_role("button", name="Not helpful").click()
    expect(page.locator("[data-answer]").get_by_text("Feedback taken back.")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Feedback taken back.")


def test_back_leads_from_the_answer_to_the_empty_box(visit: Visit) -> None:
    ann = visit("employee")
    ann.ask(QUESTION)
    ann.page.wait_for_url("**/c/*/")

    ann.page.go_back()

    expect(ann.page.get_by_role("heading", name="Hello Ann")).to_be_visible()
    expect(ann.page.get_by_role("textbox", name="Your question")).to_have_value("")


def test_a_draft_survives_a_reload(visit: Visit) -> None:
    ann = visit("employee")
    ann.page.get_by_role("textbox", name="Your question").press_sequentially("Half a question")

    ann.page.reload()

    expect(ann.page.get_by_role("textbox", name="Your question")).to_have_value("Half a question")


def test_on_a_phone_the_source_is_a_sheet_and_the_history_a_drawer(visit: Visit) -> None:
    ann = visit("employee", size=NARROW, is_dark=True)
    ann.ask(QUESTION)

    ann.page.locator("a.cite").first.click()
    panel = ann.page.get_by_role("complementary", name="Source")
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Close the source").click()
    expect(panel).to_be_hidden()

    ann.page.get_by_role("link", name="Menu").click()
    expect(ann.page.locator("#history").get_by_role("link", name=QUESTION).first).to_be_visible()
    ann.page.keyboard.press("Escape")
    expect(ann.page.get_by_role("link", name="Menu")).to_be_focused()


def test_without_javascript_a_question_is_answered_on_the_page(visit: Visit) -> None:
    ann = visit("employee", has_script=False)
    ann.page.get_by_role("textbox", name="Your question").fill(QUESTION)

    ann.page.get_by_role("button", name="Ask", exact=True).click()

    answer = ann.page.locator("[data-answer]")
    expect(answer.locator("[data-prose]")).to_contain_text("27 days", timeout=30_000)
    answer.locator("a.cite").first.click()
    expect(ann.page.get_by_role("heading", name="Employee Handbook")).to_be_visible()
