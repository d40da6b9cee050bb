"""Bad weather at the language model: what the reader is told, and that an answer comes all the same."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from chat import releases
from chat.answering.language import without_model
from chat.answering.run import ask_once
from ragapp.limits import budgets
from ragapp.limits.models import Budget, Spending
from ragapp.llm import attempts, errors
from ragapp.llm.models import Call, Deployment

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"
INSTEAD = "so this answer is made of the documents' own sentences."


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_WAIT_S", 0.01)


def asked(reader):
    # The release is named, so that each question is answered anew.
    return ask_once(QUESTION, user=reader, release=releases.production())


FAULTS = {
    "drop": "The language model could not be reached",
    "hang": "The language model took too long",
    "busy-long": "The language model is busy right now",
    "fail": "The language model failed",
    "overloaded": "The language model failed",
    "page": "The language model failed",
    "garbage": "The language model failed",
    "strange": "The language model failed",
    "empty": "The language model failed",
    "cut-at-once": "The language model failed",
    "malformed": "The language model failed",
    "too-long": "The language model did not take this question",
    "unknown-model": "The language model is not set up correctly, which an administrator can fix",
    "bad-key": "The language model is not set up correctly, which an administrator can fix",
}


def test_a_fault_is_named_and_the_documents_answer(library, reader, llm, settings):
    for script, reason in FAULTS.items():
        # The server plays the script that the model is named for; each has a circuit breaker of its own.
        settings.LLM_MODEL, settings.LLM_TIMEOUT_S = script, 0.3 if script == "hang" else 10.0

        outcome = asked(reader)

        assert outcome.notice == f"{reason}, {INSTEAD}", script
        assert "60 days" in outcome.answer, script
        assert (outcome.status, outcome.model) == ("answered", "extractive"), script
    assert Call.objects.filter(outcome="answered").count() == 0
    assert Call.objects.count() == len(FAULTS)


def test_a_server_that_is_not_there_is_named_too(library, reader, settings):
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "key", "m"

    assert asked(reader).notice == f"The language model could not be reached, {INSTEAD}"


def test_a_german_question_is_told_in_german(library, reader, llm):
    llm.always("fail")

    outcome = ask_once("Wie viele Tage Elternzeit bekomme ich für jedes Kind?", user=reader)

    assert "own sentences" not in outcome.notice


def test_what_was_shown_before_the_stream_was_cut_stays_with_a_notice(library, reader, llm):
    llm.always("cut-late")

    outcome = asked(reader)

    assert outcome.answer.startswith("You get 60 days [1].")
    assert outcome.notice == "The language model stopped in the middle, so the answer may be incomplete."


def test_an_endless_answer_ends(library, reader, llm, settings):
    settings.LLM_MAX_OUTPUT_TOKENS = 100
    llm.always("endless")

    outcome = asked(reader)

    assert len(outcome.answer) < 1000


def test_a_model_with_a_very_long_name_answers(library, reader, llm, settings):
    settings.LLM_MODEL = "text:You get 60 days [1]." + " " * 200

    assert asked(reader).answer.startswith("You get 60 days [1].")


def test_markup_and_scripts_in_an_answer_are_text(library, reader, llm):
    llm.always(
        "text:You get 60 days [1]. <script>alert(1)</script><img src=x onerror=alert(1)> "
        "![pixel](https://evil.example/p.png) [link](javascript:alert(1)) # Heading"
    )

    outcome = asked(reader)

    assert "60 days" in outcome.answer
    assert "evil.example" not in outcome.answer
    assert "javascript:" not in outcome.answer


def test_a_spent_budget_says_until_when_and_the_documents_answer(library, reader, llm):
    Budget.objects.create(scope="each_person", per_month_usd=Decimal(0))
    Deployment.objects.create(
        name="dear", kind="compatible", base_url=llm.base_url, model="answer", price_in_usd=1, price_out_usd=1
    )

    outcome = asked(reader)

    assert outcome.notice.startswith("Your budget for language models is used up until 1 ")
    assert outcome.notice.endswith(INSTEAD)
    assert "60 days" in outcome.answer
    assert not llm.calls


def test_a_german_question_is_told_the_day_in_german():
    error = errors.LimitReached(scope="total", kind="money", resets_on=date(2026, 12, 1), wait_s=60)

    assert "bis zum 1. Dezember 2026 aufgebraucht" in without_model(error, "de")
    assert "until 1 December 2026" in without_model(error, "en")


def test_a_request_that_is_too_large_or_too_soon_is_named(library, reader, llm):
    limit = Budget.objects.create(scope="total", tokens_per_request=10)
    assert "longer than one call" in asked(reader).notice

    Budget.objects.filter(pk=limit.pk).update(tokens_per_request=None, requests_per_minute=1)
    notices = [asked(reader).notice for _ in range(3)]
    assert any("for this minute are used up" in notice for notice in notices)


def test_near_the_end_of_a_budget_a_smaller_model_writes_and_the_answer_says_so(library, reader, llm, settings):
    settings.OUTBOUND_ALLOW = [llm.base_url.removeprefix("http://").removesuffix("/v1")]
    limit = Budget.objects.create(scope="total", per_month_usd=Decimal(100))
    for name, tier in (("usual", "standard"), ("tiny", "small")):
        Deployment.objects.create(
            name=name, kind="compatible", base_url=llm.base_url, may_see_personal_data=True,
            model=f"text:You get 60 days [1]. {name}",
            tier=tier, price_in_usd=1, price_out_usd=1,
        )  # fmt: skip
    start = budgets.start_of("month", timezone.now())
    Spending.objects.create(budget=limit, period="month", start=start, spent_usd=Decimal(90))

    outcome = asked(reader)

    assert outcome.model.endswith("tiny")
    assert outcome.notice == "The budget for language models is nearly used up, so a smaller model wrote this."
