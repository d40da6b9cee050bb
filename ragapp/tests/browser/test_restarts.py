"""Bad weather: a database or a broker that is restarted while somebody reads, and messages through a real worker."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from ragapp.tests.house import HEARS_AT, PASSWORD, House, standing
from ragapp.tests.scripted_llm import ScriptedLLM
from ragapp.tests.web_server import Answer, Request, Site, serving

pytestmark = pytest.mark.slow

# One each, so that none is answered by what was said before; with words of the answer.
LEAVE = "How many days of paid annual leave do I get?", "27 days"
PARENTS = "How many days of parental leave do I get?", "60 days"
UNUSED = (
    "How many days that I did not use may be carried over into the next year?",
    "Up to 5 days that you did not use may be carried over into the next year",
)
LAST_WORDS = "They must be taken by 31 March"
NOTICE = "How many weeks before the first day do I announce my parental leave?", "eight weeks"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedLLM]:
    """A language model that takes a quarter of a second for each word."""
    with ScriptedLLM("slow") as llm:
        yield llm


class Receiver:
    """Somebody else's server that hears of answers, and refuses each message the first time."""

    def __init__(self, site: Site) -> None:
        self.heard: dict[str, list[Request]] = {}
        self.changed = threading.Condition()
        self.url, self.port = site.url("/hook"), site.port
        site.pages["/hook"] = self.hear

    def hear(self, request: Request) -> Answer:
        """500, then 200."""
        with self.changed:
            tries = self.heard.setdefault(json.loads(request.body)["data"]["answer"], [])
            tries.append(request)
            self.changed.notify_all()
            return Answer("busy", 500) if len(tries) == 1 else Answer("fine")

    def heard_twice(self, answer_id: str) -> list[Request]:
        """Both tries of the message about an answer, once they came."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard.get(answer_id, ())) > 1, timeout=60)
            return self.heard[answer_id]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with serving() as site:
        yield Receiver(site)


@pytest.fixture(scope="module")
def house(model: ScriptedLLM, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    told = {
        "RAGAPP_ENV": "test",
        # The embedding model is made ready once for all tests.
        "RAGAPP_MODELS_DIR": str(settings.MODELS_DIR),
        "OPENAI_BASE_URL": model.base_url,
        "RAGAPP_LLM_MODEL": "scripted",
        "RAGAPP_OUTBOUND_ALLOW": f"127.0.0.1:{receiver.port}",
        HEARS_AT: receiver.url,
    }
    with standing(data, **told) as house:
        yield house


@pytest.fixture
def page(house: House, chromium: Browser) -> Iterator[Page]:
    """Emma's window. What fails while the database is away may complain on the console."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{house.url}/account/sign-in/")
    page.get_by_label("Username").fill("employee")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{house.url}/")
    yield page
    context.close()


def begin(page: Page, question: str) -> None:
    """Asks, and comes back once the model is writing."""
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    page.locator("[data-running] .source-chip").first.wait_for()


def expect_whole_answer(page: Page, words: str) -> None:
    expect(page.locator("[data-answer] [data-prose]")).to_contain_text(words, timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_a_message_of_an_answer_is_signed_tried_again_and_holds_ids_only(
    page: Page, house: House, receiver: Receiver
) -> None:
    begin(page, LEAVE[0])
    expect_whole_answer(page, LEAVE[1])
    answer_id = str(page.locator("[data-answer]").get_attribute("id")).removeprefix("answer-")

    first, second = receiver.heard_twice(answer_id)

    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    key = base64.b64decode(house.hook_secret.removeprefix("whsec_"))
    signed = f"{second.headers['webhook-id']}.{second.headers['webhook-timestamp']}.".encode() + second.body
    expected = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert second.headers["webhook-signature"] == f"v1,{expected}"
    message = json.loads(second.body)
    assert message["type"] == "answer.finished"
    assert "leave" not in second.body.decode()
    assert all(not isinstance(value, str) or " " not in value for value in message["data"].values())


def test_redis_is_restarted_while_an_answer_is_written_and_the_answer_goes_on(page: Page, house: House) -> None:
    begin(page, PARENTS[0])

    house.restart_redis()

    expect_whole_answer(page, PARENTS[1])


def test_the_database_is_restarted_while_an_answer_is_written_and_the_answer_goes_on(
    page: Page, house: House, model: ScriptedLLM
) -> None:
    model.will(f"slow:{UNUSED[1]} [1]. {UNUSED[1]} [1]. {LAST_WORDS} [1].")
    begin(page, UNUSED[0])
    expect(page.locator("[data-streaming]")).to_contain_text(UNUSED[1], timeout=PATIENCE_MS)

    # The model has written all of it before there is a place to keep it.
    with house.without_database():
        assert model.calls[-1].answered.wait(60)

    expect_whole_answer(page, LAST_WORDS)


def test_what_is_asked_while_the_database_is_away_stays_in_the_box_and_can_be_sent_again(
    page: Page, house: House
) -> None:
    box = page.get_by_role("textbox", name="Your question")
    with house.without_database():
        box.fill(NOTICE[0])
        box.press("Enter")

        expect(page.locator("[data-toast]")).to_contain_text("Nothing you typed was lost", timeout=PATIENCE_MS)
        expect(box).to_have_value(NOTICE[0])

    box.press("Enter")

    expect_whole_answer(page, NOTICE[1])
