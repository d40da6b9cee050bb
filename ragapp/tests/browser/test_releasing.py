"""A prompt is changed, refused by a gate, tried on a few people all the same, and taken back by itself."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from playwright.sync_api import expect

from chat import releases
from chat.answering.run import ask_once
from chat.models import Release, Rollout
from chat.tests.conftest import llm  # noqa: F401
from evaluation import canaries, runs, tasks
from evaluation.models import Canary, EvaluationRun
from ragapp.accounts.models import Role, RoleAssignment, User
from ragapp.tests.browser.conftest import PATIENCE_MS, Visit
from ragapp.tests.browser.site import PASSWORD
from ragapp.tests.scripted_llm import ScriptedLLM
from ragapp.tests.scripted_replies import BOLD

QUESTIONS = ("How many days of paid annual leave does a full-time employee have?", "How many days of parental leave?")


def beside_the_browser(work: Callable[[], object]) -> None:
    """Does what a worker does; not in this thread, where the browser's event loop runs."""

    def do() -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(do).result()


def ask_and_tend(people: list[User]) -> None:
    """People ask in turn until the canary has ended; beat looks at it now and then."""
    for number in range(300):
        ask_once(QUESTIONS[0], user=people[number % len(people)])
        if number % 5 == 4:
            tasks.tend_canary()
            if canaries.running() is None:
                return


def test_a_worse_prompt_is_refused_by_its_gate_and_taken_back_by_its_canary(visit: Visit, llm: ScriptedLLM) -> None:  # noqa: F811
    llm.always("obeys")
    boss = User.objects.create_user("boss", "boss@example.org", PASSWORD, first_name="Bo")
    people = [boss, *(User.objects.create_user(f"asker-{number}") for number in range(30))]
    for one in people:
        one.groups.set(User.objects.get(username="employee").groups.all())
    RoleAssignment.objects.create(user=boss, role=Role.ADMIN)
    shipped = releases.ensure_shipped()
    visitor = visit("boss")

    # A version, tried on a question, in a release.
    page = visitor.goto("/prompts/answer/")
    page.get_by_role("link", name="Write another version").click()
    wording = page.locator("#id_body")
    wording.fill(wording.input_value().replace("Add nothing from your own knowledge", f"Use your {BOLD}"))
    page.locator("#id_note").fill("Bolder")
    page.get_by_role("button", name="Keep this version").click()
    expect(page.locator(".wording-diff ins")).to_contain_text(BOLD)
    page.locator("#id_question").fill(QUESTIONS[0])
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#outcome")).to_contain_text("Astronauts")
    page.get_by_role("link", name="Put it into a release").click()
    page.locator("#id_name").fill("bolder")
    page.locator("#id_note").fill("Bolder")
    page.get_by_role("button", name="Keep it as a draft").click()
    expect(page.get_by_role("heading", name="bolder")).to_be_visible()
    draft = page.url

    # Its gate: set, not run, run, failed.
    lines = "\n".join(json.dumps({"id": str(n), "question": each}) for n, each in enumerate(QUESTIONS))
    visitor.goto("/evaluation/datasets/")
    page.locator("#id_name").fill("Leave")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "questions.jsonl", "mimeType": "application/json", "buffer": lines.encode()}
    )
    page.get_by_role("button", name="Import").click()
    visitor.goto("/evaluation/gates/")
    page.locator("#id_dataset").select_option("Leave")
    page.locator("#id_metric").select_option("groundedness")
    page.locator("#id_bound").fill("0.8")
    page.locator("#id_stage").select_option("candidate")
    page.get_by_role("button", name="Set the gate").click()
    page.goto(draft)
    expect(page.get_by_text("Gates not run")).to_be_visible()
    page.get_by_role("link", name="Start a run").click()
    page.get_by_role("button", name="Start a run").click()
    expect(page.get_by_role("heading", name="Leave × bolder")).to_be_visible()
    beside_the_browser(lambda: runs.advance(EvaluationRun.objects.get(release__name="bolder").pk))
    page.goto(draft)
    expect(page.get_by_text("it has to be at least 80.0")).to_be_visible()
    page.get_by_role("button", name="Start a canary").click()
    expect(page.locator("#toasts")).to_contain_text("The gates do not let it pass")
    visitor.complaints.clear()  # of the refusal's status

    # Begun all the same, with a reason; the brakes find it.
    page.get_by_text("Shares of the canary").click()
    page.locator("#id_plan").fill("50, 0, 1000\n100, 0, 0")
    page.locator("#override").fill("To see it fail")
    page.get_by_role("button", name="Start a canary").click()
    page.get_by_role("link", name="The canary").click()
    expect(page.get_by_text("The first look comes within a minute.")).to_be_visible()
    beside_the_browser(lambda: ask_and_tend(people))
    expect(page.locator("#state .badge-bad")).to_have_text("Rolled back", timeout=PATIENCE_MS)

    assert Canary.objects.get().candidate == Release.objects.get(name="bolder")
    assert (Rollout.objects.get(pk=1).candidate, releases.production()) == (None, shipped)
    expect(page.locator("#state")).to_contain_text("fewer answers were supported", ignore_case=True)
    visitor.goto("/dashboard/alerts/")
    page.get_by_role("link", name="bolder was rolled back").click()
    expect(page.locator(".finding")).to_contain_text("Prompt: Answer")
